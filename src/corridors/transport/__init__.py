"""The network: ways, crossings and their queues, who takes which way, and what that costs."""
