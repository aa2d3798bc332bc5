"""What tests of Vivavoce, and of plug-ins for it, are made with."""
