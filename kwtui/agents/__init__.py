"""What AI agents may ask for, over MCP: to read, and to plan what a person approves. No SQL."""
