# fanreel on AWS with Terraform: the very stack of `fanreel lambda deploy`, from its plain template.
# The stack keeps its outputs, so `fanreel lambda … --stack NAME` and RenderClient find it.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0, < 7.0"
    }
  }
}

resource "aws_cloudformation_stack" "fanreel" {
  name          = var.name
  template_body = var.template_url == null ? file("${path.module}/fanreel.template.json") : null
  template_url  = var.template_url
  capabilities  = ["CAPABILITY_IAM"]
  tags          = var.tags

  parameters = merge(
    {
      ImageUri = var.image_uri
      MemoryMb = tostring(var.memory_mb)
    },
    var.other_image_uri == null ? {} : { OtherImageUri = var.other_image_uri },
  )
}
