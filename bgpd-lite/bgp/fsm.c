#include "bgpd-lite/bgp/fsm.h"

#include "bgpd-lite/bgp/msg.h"

static void act(struct fsm_step *step, enum fsm_action action)
{
	if (step->actions_n < FSM_STEP_ACTIONS_MAX)
		step->actions[step->actions_n++] = (uint8_t)action;
}

static void notify(struct fsm_step *step, uint8_t code, uint8_t subcode)
{
	if (code == BGP_ERROR_NONE)
		return;
	step->code = code;
	step->subcode = subcode;
	act(step, FSM_ACTION_SEND_NOTIFICATION);
}

/* The connection ends: NOTIFICATION where there is a code, close, Idle. */
static void end(struct fsm_step *step, const struct fsm_input *in, uint8_t code, uint8_t subcode)
{
	notify(step, code, subcode);
	act(step, FSM_ACTION_CLOSE);
	step->next = FSM_IDLE;
	if (in->state == FSM_ESTABLISHED)
		act(step, FSM_ACTION_DOWN);
}

/* The same for a fault: the next attempt waits for the idle hold time. */
static void fail(struct fsm_step *step, const struct fsm_input *in, uint8_t code, uint8_t subcode)
{
	notify(step, code, subcode);
	act(step, FSM_ACTION_CLOSE);
	act(step, FSM_ACTION_START_IDLE_HOLD);
	step->next = FSM_IDLE;
	if (in->state == FSM_ESTABLISHED)
		act(step, FSM_ACTION_DOWN);
}

/* RFC 6608: a message that this state does not expect. */
static void fail_unexpected(struct fsm_step *step, const struct fsm_input *in)
{
	fail(step, in, BGP_ERROR_FSM, (uint8_t)(in->state - FSM_OPEN_SENT + 1));
}

static void begin(struct fsm_step *step, const struct fsm_input *in)
{
	act(step, FSM_ACTION_STOP_IDLE_HOLD);
	if (in->passive) {
		step->next = FSM_ACTIVE;
		return;
	}
	step->next = FSM_CONNECT;
	act(step, FSM_ACTION_START_CONNECT_RETRY);
	act(step, FSM_ACTION_CONNECT);
}

static void send_open(struct fsm_step *step, const struct fsm_input *in)
{
	if (!in->incoming)
		act(step, FSM_ACTION_STOP_CONNECT_RETRY);
	act(step, FSM_ACTION_START_LARGE_HOLD);
	act(step, FSM_ACTION_SEND_OPEN);
	step->next = FSM_OPEN_SENT;
}

static void wait_active(struct fsm_step *step)
{
	act(step, FSM_ACTION_CLOSE);
	act(step, FSM_ACTION_START_CONNECT_RETRY);
	step->next = FSM_ACTIVE;
}

static void in_idle(struct fsm_step *step, const struct fsm_input *in, enum fsm_event event)
{
	switch (event) {
	case FSM_EVENT_START:
	case FSM_EVENT_IDLE_HOLD_EXPIRES:
		if (!in->incoming)
			begin(step, in);
		return;
	case FSM_EVENT_STOP:
		if (!in->incoming)
			act(step, FSM_ACTION_STOP_IDLE_HOLD);
		return;
	case FSM_EVENT_TCP_CONNECTED:
		if (in->incoming)
			send_open(step, in);
		else
			act(step, FSM_ACTION_CLOSE);
		return;
	case FSM_EVENT_RESET:
	case FSM_EVENT_BFD_DOWN:
	case FSM_EVENT_COLLISION_DUMP:
	case FSM_EVENT_CONNECT_RETRY_EXPIRES:
	case FSM_EVENT_HOLD_EXPIRES:
	case FSM_EVENT_KEEPALIVE_EXPIRES:
	case FSM_EVENT_SEND_HOLD_EXPIRES:
	case FSM_EVENT_TCP_FAILED:
	case FSM_EVENT_TCP_CLOSED:
	case FSM_EVENT_HEADER_BAD:
	case FSM_EVENT_OPEN:
	case FSM_EVENT_OPEN_BAD:
	case FSM_EVENT_KEEPALIVE:
	case FSM_EVENT_UPDATE:
	case FSM_EVENT_UPDATE_BAD:
	case FSM_EVENT_REFRESH:
	case FSM_EVENT_REFRESH_BAD:
	case FSM_EVENT_NOTIFICATION:
		return;
	}
}

/* Connect and Active differ in what the connect retry timer does and in whether a socket exists. */
static void in_connect_or_active(
	struct fsm_step *step, const struct fsm_input *in, enum fsm_event event)
{
	switch (event) {
	case FSM_EVENT_CONNECT_RETRY_EXPIRES:
		if (in->passive)
			return;
		if (in->state == FSM_CONNECT)
			act(step, FSM_ACTION_CLOSE);
		act(step, FSM_ACTION_START_CONNECT_RETRY);
		act(step, FSM_ACTION_CONNECT);
		step->next = FSM_CONNECT;
		return;
	case FSM_EVENT_TCP_CONNECTED:
		send_open(step, in);
		return;
	case FSM_EVENT_TCP_FAILED:
	case FSM_EVENT_TCP_CLOSED:
		wait_active(step);
		return;
	case FSM_EVENT_STOP:
	case FSM_EVENT_COLLISION_DUMP:
		end(step, in, BGP_ERROR_NONE, 0);
		return;
	case FSM_EVENT_START:
	case FSM_EVENT_BFD_DOWN:
	case FSM_EVENT_IDLE_HOLD_EXPIRES:
		return;
	case FSM_EVENT_RESET:
	case FSM_EVENT_HOLD_EXPIRES:
	case FSM_EVENT_KEEPALIVE_EXPIRES:
	case FSM_EVENT_SEND_HOLD_EXPIRES:
	case FSM_EVENT_HEADER_BAD:
	case FSM_EVENT_OPEN:
	case FSM_EVENT_OPEN_BAD:
	case FSM_EVENT_KEEPALIVE:
	case FSM_EVENT_UPDATE:
	case FSM_EVENT_UPDATE_BAD:
	case FSM_EVENT_REFRESH:
	case FSM_EVENT_REFRESH_BAD:
	case FSM_EVENT_NOTIFICATION:
		fail(step, in, BGP_ERROR_NONE, 0);
		return;
	}
}

/* What OpenSent, OpenConfirm and Established do alike: the connection ends, or nothing happens. */
static void ending(struct fsm_step *step, const struct fsm_input *in, enum fsm_event event)
{
	switch (event) {
	case FSM_EVENT_STOP:
		end(step, in, in->code, in->subcode);
		return;
	case FSM_EVENT_RESET:
	case FSM_EVENT_HEADER_BAD:
		fail(step, in, in->code, in->subcode);
		return;
	case FSM_EVENT_BFD_DOWN:
		fail(step, in, BGP_ERROR_CEASE, BGP_CEASE_BFD_DOWN);
		return;
	case FSM_EVENT_COLLISION_DUMP:
		end(step, in, BGP_ERROR_CEASE, BGP_CEASE_COLLISION);
		return;
	case FSM_EVENT_HOLD_EXPIRES:
		fail(step, in, BGP_ERROR_HOLD_TIMER, 0);
		return;
	case FSM_EVENT_SEND_HOLD_EXPIRES:
		fail(step, in, BGP_ERROR_SEND_HOLD_TIMER, 0);
		return;
	case FSM_EVENT_TCP_FAILED:
	case FSM_EVENT_TCP_CLOSED:
	case FSM_EVENT_NOTIFICATION:
		fail(step, in, BGP_ERROR_NONE, 0);
		return;
	case FSM_EVENT_OPEN:
	case FSM_EVENT_OPEN_BAD:
	case FSM_EVENT_KEEPALIVE:
	case FSM_EVENT_UPDATE:
	case FSM_EVENT_UPDATE_BAD:
	case FSM_EVENT_REFRESH:
	case FSM_EVENT_REFRESH_BAD:
		fail_unexpected(step, in);
		return;
	case FSM_EVENT_START:
	case FSM_EVENT_CONNECT_RETRY_EXPIRES:
	case FSM_EVENT_IDLE_HOLD_EXPIRES:
	case FSM_EVENT_KEEPALIVE_EXPIRES:
	case FSM_EVENT_TCP_CONNECTED:
		return;
	}
}

static void in_open_sent(struct fsm_step *step, const struct fsm_input *in, enum fsm_event event)
{
	switch (event) {
	case FSM_EVENT_OPEN:
		act(step, FSM_ACTION_START_HOLD);
		act(step, FSM_ACTION_START_KEEPALIVE);
		act(step, FSM_ACTION_SEND_KEEPALIVE);
		step->next = FSM_OPEN_CONFIRM;
		return;
	case FSM_EVENT_OPEN_BAD:
		fail(step, in, in->code, in->subcode);
		return;
	case FSM_EVENT_TCP_FAILED:
	case FSM_EVENT_TCP_CLOSED:
		if (in->incoming)
			end(step, in, BGP_ERROR_NONE, 0);
		else
			wait_active(step);
		return;
	case FSM_EVENT_START:
	case FSM_EVENT_STOP:
	case FSM_EVENT_RESET:
	case FSM_EVENT_BFD_DOWN:
	case FSM_EVENT_COLLISION_DUMP:
	case FSM_EVENT_CONNECT_RETRY_EXPIRES:
	case FSM_EVENT_IDLE_HOLD_EXPIRES:
	case FSM_EVENT_HOLD_EXPIRES:
	case FSM_EVENT_KEEPALIVE_EXPIRES:
	case FSM_EVENT_SEND_HOLD_EXPIRES:
	case FSM_EVENT_TCP_CONNECTED:
	case FSM_EVENT_HEADER_BAD:
	case FSM_EVENT_KEEPALIVE:
	case FSM_EVENT_UPDATE:
	case FSM_EVENT_UPDATE_BAD:
	case FSM_EVENT_REFRESH:
	case FSM_EVENT_REFRESH_BAD:
	case FSM_EVENT_NOTIFICATION:
		ending(step, in, event);
		return;
	}
}

static void in_open_confirm(struct fsm_step *step, const struct fsm_input *in, enum fsm_event event)
{
	switch (event) {
	case FSM_EVENT_KEEPALIVE:
		act(step, FSM_ACTION_START_HOLD);
		act(step, FSM_ACTION_START_SEND_HOLD);
		act(step, FSM_ACTION_ESTABLISHED);
		step->next = FSM_ESTABLISHED;
		return;
	case FSM_EVENT_KEEPALIVE_EXPIRES:
		act(step, FSM_ACTION_START_KEEPALIVE);
		act(step, FSM_ACTION_SEND_KEEPALIVE);
		return;
	case FSM_EVENT_START:
	case FSM_EVENT_STOP:
	case FSM_EVENT_RESET:
	case FSM_EVENT_BFD_DOWN:
	case FSM_EVENT_COLLISION_DUMP:
	case FSM_EVENT_CONNECT_RETRY_EXPIRES:
	case FSM_EVENT_IDLE_HOLD_EXPIRES:
	case FSM_EVENT_HOLD_EXPIRES:
	case FSM_EVENT_SEND_HOLD_EXPIRES:
	case FSM_EVENT_TCP_CONNECTED:
	case FSM_EVENT_TCP_FAILED:
	case FSM_EVENT_TCP_CLOSED:
	case FSM_EVENT_HEADER_BAD:
	case FSM_EVENT_OPEN:
	case FSM_EVENT_OPEN_BAD:
	case FSM_EVENT_UPDATE:
	case FSM_EVENT_UPDATE_BAD:
	case FSM_EVENT_REFRESH:
	case FSM_EVENT_REFRESH_BAD:
	case FSM_EVENT_NOTIFICATION:
		ending(step, in, event);
		return;
	}
}

static void in_established(struct fsm_step *step, const struct fsm_input *in, enum fsm_event event)
{
	switch (event) {
	case FSM_EVENT_KEEPALIVE:
		act(step, FSM_ACTION_START_HOLD);
		return;
	case FSM_EVENT_KEEPALIVE_EXPIRES:
		act(step, FSM_ACTION_START_KEEPALIVE);
		act(step, FSM_ACTION_SEND_KEEPALIVE);
		return;
	case FSM_EVENT_UPDATE:
		act(step, FSM_ACTION_START_HOLD);
		act(step, FSM_ACTION_DELIVER);
		return;
	case FSM_EVENT_REFRESH:
		act(step, FSM_ACTION_DELIVER);
		return;
	case FSM_EVENT_UPDATE_BAD:
	case FSM_EVENT_REFRESH_BAD:
		fail(step, in, in->code, in->subcode);
		return;
	case FSM_EVENT_START:
	case FSM_EVENT_STOP:
	case FSM_EVENT_RESET:
	case FSM_EVENT_BFD_DOWN:
	case FSM_EVENT_COLLISION_DUMP:
	case FSM_EVENT_CONNECT_RETRY_EXPIRES:
	case FSM_EVENT_IDLE_HOLD_EXPIRES:
	case FSM_EVENT_HOLD_EXPIRES:
	case FSM_EVENT_SEND_HOLD_EXPIRES:
	case FSM_EVENT_TCP_CONNECTED:
	case FSM_EVENT_TCP_FAILED:
	case FSM_EVENT_TCP_CLOSED:
	case FSM_EVENT_HEADER_BAD:
	case FSM_EVENT_OPEN:
	case FSM_EVENT_OPEN_BAD:
	case FSM_EVENT_NOTIFICATION:
		ending(step, in, event);
		return;
	}
}

struct fsm_step fsm_step(const struct fsm_input *in, enum fsm_event event)
{
	struct fsm_step step = {.next = in->state};

	switch (in->state) {
	case FSM_IDLE:
		in_idle(&step, in, event);
		break;
	case FSM_CONNECT:
	case FSM_ACTIVE:
		in_connect_or_active(&step, in, event);
		break;
	case FSM_OPEN_SENT:
		in_open_sent(&step, in, event);
		break;
	case FSM_OPEN_CONFIRM:
		in_open_confirm(&step, in, event);
		break;
	case FSM_ESTABLISHED:
		in_established(&step, in, event);
		break;
	}
	return step;
}
