resource "azurerm_container_app_environment" "main" {
  count                      = local.container_app ? 1 : 0
  name                       = local.name
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  infrastructure_subnet_id   = azurerm_subnet.apps.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id
  logs_destination           = "log-analytics"

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }
}

resource "azurerm_container_app_environment_storage" "data" {
  count                        = local.container_app ? 1 : 0
  name                         = "data"
  container_app_environment_id = azurerm_container_app_environment.main[0].id
  nfs_server_url               = azurerm_storage_account.journal[0].primary_file_host
  share_name                   = "/${azurerm_storage_account.journal[0].name}/${azurerm_storage_share.data[0].name}"
  access_mode                  = "ReadWrite"
}

resource "azurerm_container_app" "server" {
  count                        = local.container_app ? 1 : 0
  name                         = local.name
  resource_group_name          = azurerm_resource_group.main.name
  container_app_environment_id = azurerm_container_app_environment.main[0].id
  workload_profile_name        = "Consumption"
  revision_mode                = "Single"

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.server.id]
  }

  dynamic "registry" {
    for_each = var.registry == "" ? [] : [var.registry]

    content {
      server   = registry.value
      identity = azurerm_user_assigned_identity.server.id
    }
  }

  ingress {
    external_enabled           = true
    target_port                = 8000
    transport                  = "auto"
    allow_insecure_connections = false

    traffic_weight {
      latest_revision = true
      percentage      = 100
    }
  }

  dynamic "secret" {
    for_each = nonsensitive(toset(keys(local.app_secrets)))

    content {
      name  = replace(lower(secret.value), "_", "-")
      value = local.app_secrets[secret.value]
    }
  }

  template {
    # They share live sessions, so nothing is sticky, and new ones are there before old ones end.
    min_replicas                     = var.servers
    max_replicas                     = var.servers
    termination_grace_period_seconds = var.drain_s + 30

    volume {
      name         = "data"
      storage_type = "NfsAzureFile"
      storage_name = azurerm_container_app_environment_storage.data[0].name
    }

    # A new share belongs to root, and the server is none.
    init_container {
      name    = "owner"
      image   = "mcr.microsoft.com/azurelinux/busybox:1.36"
      command = ["chown", "10001:10001", "/data"]
      cpu     = 0.25
      memory  = "0.5Gi"

      volume_mounts {
        name = "data"
        path = "/data"
      }
    }

    container {
      name   = "server"
      image  = var.image
      cpu    = 2
      memory = "4Gi"

      volume_mounts {
        name = "data"
        path = "/data"
      }

      dynamic "env" {
        for_each = merge(local.settings, local.storage, {
          VIVAVOCE_TRUSTED_HOSTS = coalesce(
            var.host_name, "${local.name}.${azurerm_container_app_environment.main[0].default_domain}"
          )
          VIVAVOCE_TRUSTED_PROXIES = azurerm_subnet.apps.address_prefixes[0]
        })

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = nonsensitive(toset(keys(local.app_secrets)))

        content {
          name        = env.value
          secret_name = replace(lower(env.value), "_", "-")
        }
      }

      startup_probe {
        transport               = "HTTP"
        port                    = 8000
        path                    = "/health"
        interval_seconds        = 5
        failure_count_threshold = 30
      }

      readiness_probe {
        transport        = "HTTP"
        port             = 8000
        path             = "/ready"
        interval_seconds = 5
        timeout          = 6
      }

      liveness_probe {
        transport        = "HTTP"
        port             = 8000
        path             = "/health"
        interval_seconds = 15
        timeout          = 8
      }
    }
  }
}
