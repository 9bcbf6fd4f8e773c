#include "bfd/fsm.h"

static struct bfd_step stay(enum bfd_state state)
{
	return (struct bfd_step){.state = state};
}

static struct bfd_step go(enum bfd_state state, enum bfd_diag diag)
{
	return (struct bfd_step){.state = state, .diag = diag, .changed = true};
}

static struct bfd_step go_dead(enum bfd_diag diag)
{
	return (struct bfd_step){
		.state = BFD_STATE_DOWN, .diag = diag, .changed = true, .dead = true};
}

static struct bfd_step step_down(enum bfd_event event)
{
	switch (event) {
	case BFD_EVENT_RX_DOWN:
		return go(BFD_STATE_INIT, BFD_DIAG_NONE);
	case BFD_EVENT_RX_INIT:
		return go(BFD_STATE_UP, BFD_DIAG_NONE);
	case BFD_EVENT_DISABLE:
		return go(BFD_STATE_ADMIN_DOWN, BFD_DIAG_ADMIN_DOWN);
	case BFD_EVENT_RX_ADMIN_DOWN:
	case BFD_EVENT_RX_UP:
	case BFD_EVENT_TIMEOUT:
	case BFD_EVENT_PATH_DOWN:
	case BFD_EVENT_N:
		break;
	}
	return stay(BFD_STATE_DOWN);
}

static struct bfd_step step_init(enum bfd_event event)
{
	switch (event) {
	case BFD_EVENT_RX_INIT:
	case BFD_EVENT_RX_UP:
		return go(BFD_STATE_UP, BFD_DIAG_NONE);
	case BFD_EVENT_RX_ADMIN_DOWN:
		return go(BFD_STATE_DOWN, BFD_DIAG_NEIGHBOR_DOWN);
	case BFD_EVENT_TIMEOUT:
		return go(BFD_STATE_DOWN, BFD_DIAG_TIME_EXPIRED);
	case BFD_EVENT_PATH_DOWN:
		return go(BFD_STATE_DOWN, BFD_DIAG_PATH_DOWN);
	case BFD_EVENT_DISABLE:
		return go(BFD_STATE_ADMIN_DOWN, BFD_DIAG_ADMIN_DOWN);
	case BFD_EVENT_RX_DOWN:
	case BFD_EVENT_N:
		break;
	}
	return stay(BFD_STATE_INIT);
}

static struct bfd_step step_up(enum bfd_event event)
{
	switch (event) {
	case BFD_EVENT_RX_DOWN:
		return go_dead(BFD_DIAG_NEIGHBOR_DOWN);
	case BFD_EVENT_TIMEOUT:
		return go_dead(BFD_DIAG_TIME_EXPIRED);
	case BFD_EVENT_PATH_DOWN:
		return go_dead(BFD_DIAG_PATH_DOWN);
	case BFD_EVENT_RX_ADMIN_DOWN:
		return go(BFD_STATE_DOWN, BFD_DIAG_NEIGHBOR_DOWN);
	case BFD_EVENT_DISABLE:
		return go(BFD_STATE_ADMIN_DOWN, BFD_DIAG_ADMIN_DOWN);
	case BFD_EVENT_RX_INIT:
	case BFD_EVENT_RX_UP:
	case BFD_EVENT_N:
		break;
	}
	return stay(BFD_STATE_UP);
}

struct bfd_step bfd_fsm_step(enum bfd_state state, enum bfd_event event)
{
	switch (state) {
	case BFD_STATE_ADMIN_DOWN:
		break;
	case BFD_STATE_DOWN:
		return step_down(event);
	case BFD_STATE_INIT:
		return step_init(event);
	case BFD_STATE_UP:
		return step_up(event);
	}
	return stay(BFD_STATE_ADMIN_DOWN);
}
