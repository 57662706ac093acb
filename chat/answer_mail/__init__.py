"""Mail to visitors who left before their answer came, where they asked for it, and the way back that it holds."""
