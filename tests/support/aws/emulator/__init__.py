"""What moto lacks for testing an autoscaler: a module for each thing that it gets wrong."""
