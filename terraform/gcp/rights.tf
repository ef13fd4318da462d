# The service may touch the objects of its bucket, the workflow may call the service, and neither
# may do anything else.

resource "google_storage_bucket_iam_member" "service" {
  bucket = google_storage_bucket.renders.name
  role   = "roles/storage.objectUser"
  member = google_service_account.service.member
}

resource "google_storage_bucket_iam_member" "outputs" {
  for_each = toset([for place in var.output_buckets : split("/", place)[0]])
  bucket   = each.value
  role     = "roles/storage.objectUser"
  member   = google_service_account.service.member
}

resource "google_storage_bucket_iam_member" "projects" {
  for_each = toset([for place in var.project_buckets : split("/", place)[0]])
  bucket   = each.value
  role     = "roles/storage.objectViewer"
  member   = google_service_account.service.member
}

resource "google_cloud_run_v2_service_iam_member" "workflow" {
  project  = var.project
  location = google_cloud_run_v2_service.render.location
  name     = google_cloud_run_v2_service.render.name
  role     = "roles/run.invoker"
  member   = google_service_account.workflow.member
}
