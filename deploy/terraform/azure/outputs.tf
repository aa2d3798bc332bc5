output "container_app_url" {
  description = "Where the Container App answers."
  value       = one([for app in azurerm_container_app.server : "https://${app.ingress[0].fqdn}"])
}

output "app_service_url" {
  description = "Where the App Service answers."
  value       = one([for app in azurerm_linux_web_app.server : "https://${app.default_hostname}"])
}

output "storage_account" {
  description = "Account of the recordings."
  value       = azurerm_storage_account.recordings.name
}

output "identity_client_id" {
  description = "Identity of the server."
  value       = azurerm_user_assigned_identity.server.client_id
}

output "speech_region" {
  description = "Region for clients of Azure Speech, where there is such a resource."
  value       = one(azurerm_cognitive_account.speech[*].location)
}
