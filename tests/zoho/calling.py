"""Calls of the client in one step: the access first, and a last look that says yes unless told otherwise."""


async def publish(client, course, *, notify=False, may_send=lambda: True):
    return await client.publish(course, notify=notify, access=await client.get_access(), may_send=may_send)


async def read_state(client, course, *, may_send=lambda: True):
    return await client.read_state(course, access=await client.get_access(), may_send=may_send)
