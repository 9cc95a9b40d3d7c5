"""The servers that can be measured against: the stub, the embedded one, any that has a URL."""
