variable "name" {
  description = "Of the stack; what `--stack` names."
  type        = string
  default     = "fanreel"
}

variable "image_uri" {
  description = "fanreel's image in ECR of this region, by tag or digest."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com(\\.cn)?/[^:@]+[:@].+$", var.image_uri))
    error_message = "An image in ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG, or @DIGEST."
  }
}

variable "other_image_uri" {
  description = "The same for the other processor, if the template has functions for both."
  type        = string
  default     = null

  validation {
    condition     = var.other_image_uri == null || can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com(\\.cn)?/[^:@]+[:@].+$", var.other_image_uri))
    error_message = "An image in ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG, or @DIGEST."
  }
}

variable "template_url" {
  description = "A template in S3 instead of the file beside the module; needed above 51200 bytes."
  type        = string
  default     = null
}

variable "memory_mb" {
  description = "Memory of the function; 1769 MB are one vCPU, and a browser with an encoder wants two."
  type        = number
  default     = 3538

  validation {
    condition     = var.memory_mb >= 1024 && var.memory_mb <= 10240
    error_message = "From 1024 to 10240."
  }
}

variable "tags" {
  description = "Of the stack and all that is in it."
  type        = map(string)
  default     = {}
}
