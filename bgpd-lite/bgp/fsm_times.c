/* Names and times of the state machine. */
#include "bgpd-lite/bgp/fsm.h"

const char *fsm_state_text(enum fsm_state state)
{
	static const char *const text[FSM_STATES_N] = {
		"Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established"};
	return (unsigned)state < FSM_STATES_N ? text[state] : "?";
}

const char *fsm_event_text(enum fsm_event event)
{
	static const char *const text[FSM_EVENTS_N] = {
		[FSM_EVENT_START] = "start",
		[FSM_EVENT_STOP] = "stop",
		[FSM_EVENT_RESET] = "reset",
		[FSM_EVENT_BFD_DOWN] = "BFD down",
		[FSM_EVENT_COLLISION_DUMP] = "connection collision",
		[FSM_EVENT_CONNECT_RETRY_EXPIRES] = "connect retry timer expired",
		[FSM_EVENT_IDLE_HOLD_EXPIRES] = "idle hold timer expired",
		[FSM_EVENT_HOLD_EXPIRES] = "hold timer expired",
		[FSM_EVENT_KEEPALIVE_EXPIRES] = "keepalive timer expired",
		[FSM_EVENT_SEND_HOLD_EXPIRES] = "send hold timer expired",
		[FSM_EVENT_TCP_CONNECTED] = "connected",
		[FSM_EVENT_TCP_FAILED] = "connect failed",
		[FSM_EVENT_TCP_CLOSED] = "connection closed",
		[FSM_EVENT_HEADER_BAD] = "bad message header",
		[FSM_EVENT_OPEN] = "OPEN",
		[FSM_EVENT_OPEN_BAD] = "bad OPEN",
		[FSM_EVENT_KEEPALIVE] = "KEEPALIVE",
		[FSM_EVENT_UPDATE] = "UPDATE",
		[FSM_EVENT_UPDATE_BAD] = "bad UPDATE",
		[FSM_EVENT_REFRESH] = "ROUTE-REFRESH",
		[FSM_EVENT_REFRESH_BAD] = "bad ROUTE-REFRESH",
		[FSM_EVENT_NOTIFICATION] = "NOTIFICATION",
	};
	return (unsigned)event < FSM_EVENTS_N ? text[event] : "?";
}

uint16_t fsm_hold_time_s(uint16_t ours_s, uint16_t theirs_s)
{
	return ours_s < theirs_s ? ours_s : theirs_s;
}

uint16_t fsm_keepalive_time_s(uint16_t configured_s, uint16_t hold_s)
{
	uint16_t third = hold_s / 3;
	if (hold_s == 0)
		return 0;
	if (configured_s != 0 && configured_s < third)
		return configured_s;
	return third ? third : 1;
}

uint32_t fsm_send_hold_time_s(uint16_t configured_s, uint16_t hold_s)
{
	uint32_t twice = 2U * hold_s;
	if (configured_s != 0)
		return configured_s;
	return twice > 480 ? twice : 480;
}

uint32_t fsm_jitter_ms(uint32_t ms, uint32_t random)
{
	uint64_t quarter = ms / 4;
	return ms - (uint32_t)(quarter * random / UINT32_MAX);
}

uint32_t fsm_keepalive_ms(uint16_t keepalive_s, uint32_t random)
{
	uint32_t ms = fsm_jitter_ms(keepalive_s * 1000U, random);
	return ms < 1000 ? 1000 : ms;
}

uint32_t fsm_backoff_ms(uint16_t base_s, unsigned failures, uint32_t random)
{
	uint32_t s = base_s ? base_s : 1;
	uint32_t max = s > FSM_BACKOFF_MAX_S ? s : FSM_BACKOFF_MAX_S;
	for (unsigned i = 0; i < failures && s < max; i++)
		s *= 2;
	return fsm_jitter_ms((s < max ? s : max) * 1000, random);
}
