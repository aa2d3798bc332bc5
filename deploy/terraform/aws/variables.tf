variable "aws_region" {
  description = "Region of everything here."
  type        = string
  default     = "us-east-1"
}

variable "environment" {
  description = "What this is for: dev, staging, production. Part of every name."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment is 2 to 12 small letters and digits, a letter first."
  }
}

variable "bucket_prefix" {
  description = "What the bucket's name begins with."
  type        = string
  default     = "speech-transcription"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,22}$", var.bucket_prefix))
    error_message = "bucket_prefix is 2 to 23 small letters, digits and hyphens."
  }
}

variable "iam_user_prefix" {
  description = "What the name of the role begins with, and of the user where one is asked for."
  type        = string
  default     = "transcription-service"

  validation {
    condition     = can(regex("^[A-Za-z0-9-]{1,30}$", var.iam_user_prefix))
    error_message = "iam_user_prefix is 1 to 30 letters, digits and hyphens."
  }
}

variable "create_user" {
  description = "Also make a user with an access key, for a server that runs outside of AWS. The server here has a role and needs none."
  type        = bool
  default     = false
}

variable "transcribe" {
  description = "Let the server use Amazon Transcribe (its engine aws)."
  type        = bool
  default     = false
}

variable "server" {
  description = "Run the server here (ECS behind a load balancer). Without: the bucket, and a policy for whoever uses it."
  type        = bool
  default     = true
}

variable "image" {
  description = "The container's image, with its tag or digest: what you built from deploy/Dockerfile and pushed."
  type        = string
  default     = ""

  validation {
    condition     = var.image != "" || !var.server
    error_message = "image is needed where server is true."
  }
}

variable "certificate_arn" {
  description = "Certificate (ACM) of the name that people will use. Browsers give no microphone without https."
  type        = string
  default     = ""

  validation {
    condition     = var.certificate_arn != "" || !var.server
    error_message = "certificate_arn is needed where server is true."
  }
}

variable "host_name" {
  description = "The name that people will use: the server answers to no other."
  type        = string
  default     = ""

  validation {
    condition     = var.host_name != "" || !var.server
    error_message = "host_name is needed where server is true."
  }
}

variable "allowed_cidrs" {
  description = "Networks that may reach the load balancer."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "vpc_cidr" {
  description = "Addresses of the network that is made for the server."
  type        = string
  default     = "10.42.0.0/16"
}

variable "zones" {
  description = "The two zones of the region that the network has, by their letters."
  type        = list(string)
  default     = ["a", "b"]

  validation {
    condition     = length(distinct(var.zones)) == 2
    error_message = "zones are two: the load balancer needs as many."
  }
}

variable "cpu" {
  description = "Processor of each server's task, in units of which 1024 are one core."
  type        = number
  default     = 2048
}

variable "memory" {
  description = "Memory of each server's task, in MiB."
  type        = number
  default     = 8192
}

variable "engines" {
  description = "Engines by preference: the setting of that name."
  type        = string
  default     = "moonshine"
}

variable "drain_s" {
  description = "Seconds that running sessions get when the server stops: the setting of that name. Fargate allows 110 at most."
  type        = number
  default     = 60

  validation {
    condition     = var.drain_s >= 0 && var.drain_s <= 110
    error_message = "drain_s is 0 to 110: Fargate kills a task 120 seconds after it was told to stop."
  }
}

variable "servers" {
  description = "How many servers there are. Several share live sessions through Redis (ElastiCache), which is made for them."
  type        = number
  default     = 2

  validation {
    condition     = var.servers == 1 || (var.servers > 1 && var.database)
    error_message = "servers is 1 or more, and more than 1 need database: they share a library."
  }
}

variable "redis_class" {
  description = "Node type of Redis, of which there are two; only where there are several servers."
  type        = string
  default     = "cache.t4g.micro"
}

variable "database" {
  description = "Make a PostgreSQL database (RDS). Without: SQLite on the file system, for one server."
  type        = bool
  default     = true
}

variable "database_class" {
  description = "Instance class of the database."
  type        = string
  default     = "db.t4g.small"
}

variable "alarm_email" {
  description = "Whom alarms are sent to; none: they are only seen in CloudWatch."
  type        = string
  default     = ""
}

variable "log_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365
}

variable "version_days" {
  description = "Days that what was overwritten or deleted in the bucket can be had back. What retention rules delete is gone after as many."
  type        = number
  default     = 30
}

variable "protect" {
  description = "Refuse to delete the load balancer and the database with everything else."
  type        = bool
  default     = true
}
