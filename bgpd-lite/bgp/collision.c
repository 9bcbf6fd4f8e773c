#include "bgpd-lite/bgp/collision.h"

static bool local_is_higher(const struct collision *c)
{
	if (c->local_id != c->remote_id)
		return c->local_id > c->remote_id;
	return c->local_as > c->remote_as;
}

enum collision_verdict collision_decide(const struct collision *c)
{
	switch (c->other) {
	case FSM_IDLE:
		return COLLISION_NONE;
	case FSM_CONNECT:
	case FSM_ACTIVE:
		return COLLISION_CLOSE_OTHER;
	case FSM_OPEN_SENT:
	case FSM_OPEN_CONFIRM:
		return local_is_higher(c) != c->incoming ? COLLISION_CLOSE_OTHER
							 : COLLISION_CLOSE_THIS;
	case FSM_ESTABLISHED:
		return COLLISION_CLOSE_THIS;
	}
	return COLLISION_NONE;
}
