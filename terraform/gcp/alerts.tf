resource "google_monitoring_notification_channel" "email" {
  count        = var.alarm_email == null ? 0 : 1
  project      = var.project
  display_name = "${var.name}: alarms of fanreel"
  type         = "email"
  labels = {
    email_address = var.alarm_email
  }
  depends_on = [google_project_service.used]
}

resource "google_monitoring_alert_policy" "renders_failed" {
  project               = var.project
  display_name          = "${var.name}: a render failed"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id
  depends_on            = [google_project_service.used]

  documentation {
    content = "`fanreel cloudrun ls --status FAILED` names it; a mistake of its caller counts too."
  }

  conditions {
    display_name = "Executions that failed"
    condition_threshold {
      filter = join(" AND ", [
        "resource.type = \"workflows.googleapis.com/Workflow\"",
        "resource.labels.workflow_id = \"${var.name}\"",
        "metric.type = \"workflows.googleapis.com/finished_execution_count\"",
        "metric.labels.status = \"FAILED\"",
      ])
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
}

resource "google_monitoring_alert_policy" "runaway_requests" {
  project               = var.project
  display_name          = "${var.name}: more requests than expected"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id
  depends_on            = [google_project_service.used]

  documentation {
    content = "More requests in an hour than the deployment expects (max_requests_per_hour)."
  }

  conditions {
    display_name = "Requests of an hour"
    condition_threshold {
      filter = join(" AND ", [
        "resource.type = \"cloud_run_revision\"",
        "resource.labels.service_name = \"${var.name}\"",
        "metric.type = \"run.googleapis.com/request_count\"",
      ])
      comparison      = "COMPARISON_GT"
      threshold_value = var.max_requests_per_hour
      duration        = "0s"
      aggregations {
        alignment_period     = "3600s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
}
