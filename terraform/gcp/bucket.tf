# Sites and outputs stay until somebody deletes them; all between expires.
#
# `terraform destroy` stops at a bucket that holds objects, so videos outlive it. A
# `prevent_destroy` would stop every destroy, of the other resources too, and takes no variable:
# to remove all but the bucket, take it out of the state first
# (`terraform state rm google_storage_bucket.renders`).

resource "google_storage_bucket" "renders" {
  project                     = var.project
  name                        = local.bucket_name
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.keep_bucket
  labels                      = var.labels
  depends_on                  = [google_project_service.used]

  # What a render leaves would otherwise be billed for a week after it was cleared.
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 1
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = var.expiry_days
      matches_prefix = ["blobs/", "renders/", "segments/"]
    }
  }

  # Videos that are to expire, and parts of a video whose instance was killed: their time is over a
  # day before (gcp/storage/gcs_client.py).
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_custom_time = 1
    }
  }

  dynamic "cors" {
    for_each = length(var.cors_origins) > 0 ? [var.cors_origins] : []
    content {
      origin          = cors.value
      method          = ["GET", "HEAD"]
      response_header = ["ETag", "Content-Length", "Content-Disposition"]
      max_age_seconds = 3600
    }
  }
}
