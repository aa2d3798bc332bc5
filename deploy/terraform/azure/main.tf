# Vivavoce on Azure: a Container App, or an App Service, with blobs, PostgreSQL, and Azure Speech
# and OpenAI where asked for. docs/deploy.md says what of this has been executed.

locals {
  name  = "vivavoce-${var.environment}"
  short = "vv${var.environment}${random_string.suffix.result}" # where no hyphen may be

  container_app = var.image != ""

  # Settings of the server: docs/reference/settings.md. Secrets are beside them.
  settings = merge(
    {
      VIVAVOCE_AUTH      = "keys"
      VIVAVOCE_ENGINES   = var.engines
      VIVAVOCE_BLOBS_URL = "az://${azurerm_storage_container.recordings.name}"
      VIVAVOCE_DRAIN_S   = tostring(var.drain_s)
    },
    var.speech ? { VIVAVOCE_AZURE_REGION = var.location } : {},
    var.openai_model == "" ? {} : {
      VIVAVOCE_LLM_BASE_URL = azurerm_cognitive_account.openai[0].endpoint
      VIVAVOCE_LLM_MODEL    = azurerm_cognitive_deployment.openai[0].name
    },
  )

  # Not settings: how the blobs are reached, with the app's identity and no key.
  storage = {
    AZURE_STORAGE_ACCOUNT_NAME = azurerm_storage_account.recordings.name
    AZURE_CLIENT_ID            = azurerm_user_assigned_identity.server.client_id
  }

  secrets = merge(
    { VIVAVOCE_DATABASE_URL = local.database_url },
    var.speech ? { VIVAVOCE_AZURE_SPEECH_KEY = azurerm_cognitive_account.speech[0].primary_access_key } : {},
    var.openai_model == "" ? {} : { VIVAVOCE_LLM_API_KEY = azurerm_cognitive_account.openai[0].primary_access_key },
  )
}

locals {
  app_secrets = merge(local.secrets, local.several ? { VIVAVOCE_REDIS_URL = local.redis_url } : {})
}

resource "random_string" "suffix" {
  length  = 6
  special = false
  upper   = false
}

resource "azurerm_resource_group" "main" {
  name     = local.name
  location = var.location

  tags = {
    application = "vivavoce"
    environment = var.environment
  }
}

resource "azurerm_user_assigned_identity" "server" {
  name                = "${local.name}-server"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_log_analytics_workspace" "main" {
  name                = local.name
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  retention_in_days   = var.log_days
}
