"""
What people and the clock may do: one deed a function, `async def deed(desk, actor, …)`. No framework, no SQL, no
Redis.
"""
