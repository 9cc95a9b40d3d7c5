"""What meets another library: one module or package each, imported only when asked for."""
