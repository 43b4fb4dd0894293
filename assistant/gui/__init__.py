"""The window: Qt Quick over the services."""
