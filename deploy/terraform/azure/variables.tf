variable "subscription_id" {
  description = "Subscription that pays."
  type        = string
}

variable "location" {
  description = "Region of everything here."
  type        = string
  default     = "westeurope"
}

variable "environment" {
  description = "What this is for: dev, staging, production. Part of every name."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,7}$", var.environment))
    error_message = "environment is 2 to 8 small letters and digits, a letter first."
  }
}

variable "image" {
  description = "The container's image, with its tag or digest: what you built from deploy/Dockerfile and pushed. None: no Container App."
  type        = string
  default     = ""
}

variable "registry" {
  description = "Host of the registry that the image lies in, where it wants a login; the app's identity needs the role AcrPull there."
  type        = string
  default     = ""
}

variable "app_service" {
  description = "Make an App Service, which runs the code itself under gunicorn, without a container."
  type        = bool
  default     = false
}

variable "app_service_size" {
  description = "Size of the App Service's plan."
  type        = string
  default     = "P1v3"
}

variable "host_name" {
  description = "The name that people will use, where it is not the one that Azure gives."
  type        = string
  default     = ""
}

variable "engines" {
  description = "Engines by preference: the setting of that name. azure needs speech."
  type        = string
  default     = "moonshine"
}

variable "speech" {
  description = "Make an Azure Speech resource, for the engine azure."
  type        = bool
  default     = false
}

variable "openai_model" {
  description = "Model of Azure OpenAI that writes summaries and translates; none: no Azure OpenAI."
  type        = string
  default     = ""
}

variable "openai_model_version" {
  description = "Its version; none: Azure's default."
  type        = string
  default     = null
}

variable "servers" {
  description = "How many servers the Container App has. Several share live sessions through Redis (Azure Managed Redis), which is made for them."
  type        = number
  default     = 2

  validation {
    condition     = var.servers >= 1
    error_message = "servers is 1 or more."
  }
}

variable "redis_size" {
  description = "Size of Redis; only where there are several servers."
  type        = string
  default     = "Balanced_B0"
}

variable "database_size" {
  description = "Size of the PostgreSQL server."
  type        = string
  default     = "B_Standard_B1ms"
}

variable "drain_s" {
  description = "Seconds that running sessions get when the server stops: the setting of that name."
  type        = number
  default     = 60

  validation {
    condition     = var.drain_s >= 0 && var.drain_s <= 500
    error_message = "drain_s is 0 to 500: a replica is killed 600 seconds after it was told to stop."
  }
}

variable "log_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 90
}

variable "version_days" {
  description = "Days that what was deleted from the blobs can be had back."
  type        = number
  default     = 30
}
