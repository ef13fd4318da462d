variable "project" {
  description = "Id of the Google Cloud project."
  type        = string
}

variable "region" {
  description = "Of all resources; bucket and service beside each other."
  type        = string
}

variable "name" {
  description = "Of service, workflow and repository, and what `--name` names."
  type        = string
  default     = "fanreel"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{3,19}[a-z0-9]$", var.name))
    error_message = "5 to 21 of a-z 0-9 -, beginning with a letter: service accounts are named by it."
  }
}

variable "image_uri" {
  description = "fanreel's image in Artifact Registry of this region, by tag or digest."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+-docker\\.pkg\\.dev/[^/]+/[^/]+/[^:@]+[:@].+$", var.image_uri))
    error_message = "An image in Artifact Registry: REGION-docker.pkg.dev/PROJECT/NAME/fanreel:TAG, or @DIGEST."
  }
}

variable "bucket_name" {
  description = "Of the bucket; PROJECT-NAME if not given."
  type        = string
  default     = null
}

variable "keep_bucket" {
  description = "Whether a bucket that holds anything stops `terraform destroy`; false deletes its videos."
  type        = bool
  default     = true
}

variable "expiry_days" {
  description = "Age at which plans, segments and progress are deleted; sites and outputs never are."
  type        = number
  default     = 7

  validation {
    condition     = var.expiry_days >= 1
    error_message = "At least 1."
  }
}

variable "cors_origins" {
  description = "Web sites whose pages may read what a signed link opens, https://example.com each."
  type        = list(string)
  default     = []
}

variable "output_buckets" {
  description = "Where else outputs may go, `bucket` or `bucket/prefix` each."
  type        = list(string)
  default     = []
}

variable "project_buckets" {
  description = "Where else archives of projects may come from, `bucket` or `bucket/prefix` each."
  type        = list(string)
  default     = []
}

variable "project_hosts" {
  description = "Hosts from which archives are fetched by https."
  type        = list(string)
  default     = []
}

variable "cpu" {
  description = "Processors of an instance; a browser with an encoder wants two."
  type        = number
  default     = 4

  validation {
    condition     = contains([2, 4, 6, 8], var.cpu)
    error_message = "2, 4, 6 or 8."
  }
}

variable "memory_mb" {
  description = "Memory of an instance, /tmp among it. Cloud Run wants 2 processors for 8192, 4 for 16384."
  type        = number
  default     = 16384

  validation {
    condition     = var.memory_mb >= 4096 && var.memory_mb <= 32768
    error_message = "From 4096 to 32768."
  }
}

variable "tmp_mb" {
  description = "What of the memory /tmp may take, five eighths unless set; a planned directory may take a fifth of it."
  type        = number
  default     = null

  validation {
    condition     = var.tmp_mb == null ? true : var.tmp_mb >= 1024 && var.tmp_mb <= 24576
    error_message = "From 1024 to 24576, and well below memory_mb."
  }
}

variable "min_instances" {
  description = "Instances that wait for renders, and are billed for it; a render's first step is 10 s sooner."
  type        = number
  default     = 0
}

variable "max_instances" {
  description = "Instances at once, of all renders; each does one step of one render."
  type        = number
  default     = 100
}

variable "request_timeout_s" {
  description = "After which Cloud Run ends a request. The workflow waits for half an hour at most."
  type        = number
  default     = 3600

  validation {
    condition     = var.request_timeout_s >= 300 && var.request_timeout_s <= 3600
    error_message = "From 300 to 3600."
  }
}

variable "max_concurrency" {
  description = "Chunks of one render at once if it does not say itself; Workflows allows 20."
  type        = number
  default     = 20
}

variable "concurrency_limit" {
  description = "Chunks at once that a render may ask for; 0 for any number."
  type        = number
  default     = 0
}

variable "max_render_cost_usd" {
  description = "What a render may cost: it ends once it has cost more; 0 for any amount."
  type        = number
  default     = 0
}

variable "render_timeout_s" {
  description = "Time after which a render is ended, however far it is."
  type        = number
  default     = 86400
}

variable "alarm_email" {
  description = "Told of failed renders and of more requests than expected."
  type        = string
  default     = null
}

variable "max_requests_per_hour" {
  description = "More than this raises the alarm for runaway requests."
  type        = number
  default     = 5000
}

variable "labels" {
  description = "Of all that can have labels."
  type        = map(string)
  default     = {}
}
