output "bucket_name" {
  description = "Of sites, plans, segments and videos."
  value       = aws_cloudformation_stack.fanreel.outputs["BucketName"]
}

output "state_machine_arn" {
  description = "What a render starts an execution of."
  value       = aws_cloudformation_stack.fanreel.outputs["StateMachineArn"]
}

output "function_name" {
  description = "Of the function that plans, renders and assembles."
  value       = aws_cloudformation_stack.fanreel.outputs["FunctionName"]
}

output "log_group_name" {
  description = "Of the function's logs."
  value       = aws_cloudformation_stack.fanreel.outputs["LogGroupName"]
}

output "alarm_topic_arn" {
  description = "Told of failures that are not the caller's."
  value       = aws_cloudformation_stack.fanreel.outputs["AlarmTopicArn"]
}
