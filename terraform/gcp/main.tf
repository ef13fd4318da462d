# fanreel on Google Cloud: one bucket, one Cloud Run service, one workflow that asks it.
# `fanreel cloudrun … --name NAME` and RenderClient find all by the workflow and its environment.

terraform {
  required_version = ">= 1.5"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.0"
    }
  }
}

locals {
  bucket_name = coalesce(var.bucket_name, "${var.project}-${var.name}")
  registry    = "${var.region}-docker.pkg.dev/${var.project}/${var.name}"
  tmp_mb      = coalesce(var.tmp_mb, floor(var.memory_mb * 5 / 8))
  # A planned directory may take a fifth of /tmp; frames and encoders get the rest.
  plan_limit_bytes = min(floor(local.tmp_mb / 5), 2048) * 1024 * 1024
  # A segment that has begun is finished and stored before the caller gives up.
  answer_within_s = min(var.request_timeout_s, 1800) - 60
  apis = [
    "artifactregistry.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "run.googleapis.com",
    "storage.googleapis.com",
    "workflowexecutions.googleapis.com",
    "workflows.googleapis.com",
  ]
}

resource "google_project_service" "used" {
  for_each           = toset(local.apis)
  project            = var.project
  service            = each.value
  disable_on_destroy = false # others in the project may use it
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project
  location      = var.region
  repository_id = var.name
  format        = "DOCKER"
  labels        = var.labels
  depends_on    = [google_project_service.used]
}

resource "google_service_account" "service" {
  project      = var.project
  account_id   = "${var.name}-service"
  display_name = "fanreel: renders"
  depends_on   = [google_project_service.used]
}

resource "google_service_account" "workflow" {
  project      = var.project
  account_id   = "${var.name}-workflow"
  display_name = "fanreel: orders renders"
  depends_on   = [google_project_service.used]
}

resource "google_cloud_run_v2_service" "render" {
  project             = var.project
  name                = var.name
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_ALL" # and nobody without run.invoker is let in
  deletion_protection = false                 # it holds nothing
  labels              = var.labels
  depends_on          = [google_project_service.used]

  lifecycle {
    precondition {
      condition     = var.memory_mb <= var.cpu * 4096
      error_message = "memory_mb: Cloud Run gives at most 4096 for each processor; raise cpu."
    }
    precondition {
      condition     = local.tmp_mb <= var.memory_mb * 0.75
      error_message = "tmp_mb: /tmp is memory; leave a quarter of memory_mb to what renders."
    }
  }

  template {
    service_account                  = google_service_account.service.email
    timeout                          = "${var.request_timeout_s}s"
    max_instance_request_concurrency = 1
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2" # a browser needs all of Linux
    labels                           = var.labels

    scaling {
      min_instance_count = var.min_instances
      max_instance_count = var.max_instances
    }

    # The image's own user is not root; its only place to write is /tmp, and that is memory.
    volumes {
      name = "tmp"
      empty_dir {
        medium     = "MEMORY"
        size_limit = "${local.tmp_mb}Mi"
      }
    }

    containers {
      image   = var.image_uri
      command = ["python", "-m", "handler.cloud_run"]

      ports {
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = tostring(var.cpu)
          memory = "${var.memory_mb}Mi"
        }
        cpu_idle          = true # billed while a request is answered
        startup_cpu_boost = true
      }

      volume_mounts {
        name       = "tmp"
        mount_path = "/tmp"
      }

      startup_probe {
        initial_delay_seconds = 1
        period_seconds        = 2
        failure_threshold     = 60
        http_get {
          path = "/health"
        }
      }

      dynamic "env" {
        for_each = {
          FANREEL_RENDER_BUCKET             = google_storage_bucket.renders.name
          FANREEL_PLAN_DIR_SIZE_LIMIT_BYTES = tostring(local.plan_limit_bytes)
          FANREEL_REQUEST_TIMEOUT_S         = tostring(local.answer_within_s)
          FANREEL_MEMORY_MB                 = tostring(var.memory_mb)
          FANREEL_CPU                       = tostring(var.cpu)
          FANREEL_REGION                    = var.region
          FANREEL_OUTPUT_BUCKETS            = join(",", var.output_buckets)
          FANREEL_PROJECT_BUCKETS           = join(",", var.project_buckets)
          FANREEL_PROJECT_HOSTS             = join(",", var.project_hosts)
        }
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }
}

resource "google_workflows_workflow" "render" {
  project             = var.project
  name                = var.name
  region              = var.region
  description         = "Plan a composition, render its chunks, assemble the video."
  service_account     = google_service_account.workflow.id
  source_contents     = file("${path.module}/render.workflow.yaml")
  deletion_protection = false
  labels              = var.labels
  depends_on          = [google_project_service.used]

  user_env_vars = {
    FANREEL_SERVICE_URL         = google_cloud_run_v2_service.render.uri
    FANREEL_RENDER_BUCKET       = google_storage_bucket.renders.name
    FANREEL_MAX_CONCURRENCY     = tostring(var.max_concurrency)
    FANREEL_CONCURRENCY_LIMIT   = tostring(var.concurrency_limit)
    FANREEL_MAX_RENDER_COST_USD = tostring(var.max_render_cost_usd)
    FANREEL_RENDER_TIMEOUT_S    = tostring(var.render_timeout_s)
    # What the client asks of a deployment; the workflow itself does not.
    FANREEL_DEPLOYED = jsonencode({
      cpu                       = var.cpu
      memory_mb                 = var.memory_mb
      tmp_mb                    = local.tmp_mb
      min_instances             = var.min_instances
      max_instances             = var.max_instances
      max_concurrency           = var.max_concurrency
      plan_dir_size_limit_bytes = local.plan_limit_bytes
      output_buckets            = var.output_buckets
      project_buckets           = var.project_buckets
      project_hosts             = var.project_hosts
    })
  }
}
