# The code itself under gunicorn, without a container: deploy it with
#   az webapp up, az webapp deploy or Visual Studio Code.
# The build that App Service makes of it installs what pyproject.toml names.
locals {
  # What App Service keeps between starts, and shares among its instances.
  kept = "/home"
}

resource "azurerm_service_plan" "main" {
  #checkov:skip=CKV_AZURE_212:One server: what instances share is SMB, whose locks do not say who has a session, and a disk of their own is gone with each start
  #checkov:skip=CKV_AZURE_225:As above
  count               = var.app_service ? 1 : 0
  name                = local.name
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  os_type             = "Linux"
  sku_name            = var.app_service_size
  worker_count        = 1
}

resource "azurerm_linux_web_app" "server" {
  #checkov:skip=CKV_AZURE_13:The server has keys of its own
  #checkov:skip=CKV_AZURE_17:People come with a browser, and not with a certificate
  #checkov:skip=CKV_AZURE_222:It is there for people
  #checkov:skip=CKV_AZURE_88:App Service keeps its own folder
  count                     = var.app_service ? 1 : 0
  name                      = "${local.name}-${random_string.suffix.result}"
  resource_group_name       = azurerm_resource_group.main.name
  location                  = azurerm_resource_group.main.location
  service_plan_id           = azurerm_service_plan.main[0].id
  https_only                = true
  virtual_network_subnet_id = azurerm_subnet.web.id

  ftp_publish_basic_authentication_enabled       = false
  webdeploy_publish_basic_authentication_enabled = false

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.server.id]
  }

  site_config {
    app_command_line                  = "gunicorn --bind=0.0.0.0:8000 -k uvicorn.workers.UvicornWorker --timeout=600 vivavoce.asgi:app"
    always_on                         = true
    websockets_enabled                = true
    http2_enabled                     = true
    ftps_state                        = "Disabled"
    minimum_tls_version               = "1.2"
    health_check_path                 = "/health"
    health_check_eviction_time_in_min = 5
    vnet_route_all_enabled            = true

    application_stack {
      python_version = "3.12"
    }
  }

  app_settings = merge(local.settings, local.storage, local.secrets, {
    VIVAVOCE_DATA_DIR        = "${local.kept}/vivavoce"
    VIVAVOCE_TRUSTED_HOSTS   = coalesce(var.host_name, "${local.name}-${random_string.suffix.result}.azurewebsites.net")
    VIVAVOCE_TRUSTED_PROXIES = "169.254.0.0/16"

    SCM_DO_BUILD_DURING_DEPLOYMENT = "true"
    WEBSITES_PORT                  = "8000"
  })

  logs {
    detailed_error_messages = false
    failed_request_tracing  = true

    http_logs {
      file_system {
        retention_in_days = 7
        retention_in_mb   = 35
      }
    }
  }
}
