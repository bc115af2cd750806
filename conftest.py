"""The root of every test of this repository; kubechaos itself is loaded by its entry point."""

pytest_plugins = ["pytester"]
