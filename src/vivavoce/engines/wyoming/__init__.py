"""Services that speak Wyoming."""
