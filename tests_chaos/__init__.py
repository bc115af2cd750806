"""Break a healthy Deployment, and see it recover."""
