output "bucket_name" {
  description = "Of sites, plans, segments and videos."
  value       = google_storage_bucket.renders.name
}

output "workflow" {
  description = "What a render starts an execution of."
  value       = google_workflows_workflow.render.id
}

output "service_url" {
  description = "Of the service that plans, renders and assembles."
  value       = google_cloud_run_v2_service.render.uri
}

output "registry" {
  description = "Where the image is pushed to: REGISTRY/fanreel:TAG."
  value       = local.registry
}
