"""Placeholder of the build hook; see dev.py."""
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
class PageBuildHook(BuildHookInterface):
    PLUGIN_NAME = "custom"
