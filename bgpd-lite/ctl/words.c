#include "bgpd-lite/ctl/words.h"

#include <stddef.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *words_bfd_state(uint8_t state)
{
	static const char *const words[] = {"AdminDown", "Down", "Init", "Up"};
	return state < COUNT(words) ? words[state] : "unknown";
}

const char *words_bfd_diag(uint8_t diag)
{
	/* RFC 5880 4.1 */
	static const char *const words[] = {"none", "control detection time expired",
		"echo function failed", "neighbor signaled session down", "forwarding plane reset",
		"path down", "concatenated path down", "administratively down",
		"reverse concatenated path down"};
	return diag < COUNT(words) ? words[diag] : "unknown";
}

const char *words_bfd_auth(uint8_t type)
{
	static const char *const text[] = {"", "simple", "keyed-md5", "meticulous-keyed-md5",
		"keyed-sha1", "meticulous-keyed-sha1"};
	return type < sizeof(text) / sizeof(text[0]) ? text[type] : "unknown";
}

const char *words_route_state(enum rib_state s)
{
	switch (s) {
	case RIB_STATE_NONE:
		return "unused";
	case RIB_STATE_WAITING:
		return "waiting";
	case RIB_STATE_INSTALLED:
		return "installed";
	case RIB_STATE_FAILED:
		return "failed";
	case RIB_STATE_WITHHELD:
		return "withheld";
	case RIB_STATE_ADOPTED:
		return "adopted";
	case RIB_STATE_FLUSHED:
		return "flushed";
	}
	return "unknown";
}

const char *words_follow_fate(enum rib_follow_fate f)
{
	switch (f) {
	case RIB_FOLLOW_TOLD:
		return "told";
	case RIB_FOLLOW_WAITS:
		return "will be told";
	case RIB_FOLLOW_NO_PATH:
		return "no usable path";
	case RIB_FOLLOW_DENIED:
		return "denied by export";
	case RIB_FOLLOW_COMMUNITY:
		return "its communities forbid it";
	case RIB_FOLLOW_LAST_CHOICE:
		return "long-lived stale";
	}
	return "unknown";
}

const char *words_origin(uint8_t origin)
{
	static const char *const words[] = {"igp", "egp", "incomplete"};
	return origin < COUNT(words) ? words[origin] : "unknown";
}

const char *words_capability(uint8_t code)
{
	/* IANA, Capability Codes */
	static const struct {
		uint8_t code;
		const char *word;
	} words[] = {
		{1, "multiprotocol"},
		{2, "route-refresh"},
		{5, "extended-nexthop"},
		{6, "extended-message"},
		{9, "role"},
		{64, "graceful-restart"},
		{65, "four-octet-as"},
		{69, "add-path"},
		{70, "enhanced-route-refresh"},
		{71, "long-lived-graceful-restart"},
		{73, "fqdn"},
	};
	for (size_t i = 0; i < COUNT(words); i++)
		if (words[i].code == code)
			return words[i].word;
	return NULL;
}

struct drift_words {
	const char *word;
	const char *words;
};

static const struct drift_words *drift_words(uint32_t cause)
{
	static const struct drift_words list[FIB_DRIFT_N] = {
		[FIB_DRIFT_DELETED] = {"deleted", "deleted by another program"},
		[FIB_DRIFT_REPLACED] = {"replaced", "replaced by another program"},
		[FIB_DRIFT_MISSING] = {"missing", "an audit missed them"},
		[FIB_DRIFT_CHANGED] = {"changed", "an audit found others in their place"},
		[FIB_DRIFT_EXTRA] = {"extra", "an audit found routes that nobody wants"},
		[FIB_DRIFT_NEXTHOP] = {"nexthop", "nexthop objects, by another program"},
	};
	static const struct drift_words unknown = {"unknown", "unknown"};
	return cause < FIB_DRIFT_N ? &list[cause] : &unknown;
}

const char *words_drift(uint32_t cause)
{
	return drift_words(cause)->word;
}

const char *words_drift_long(uint32_t cause)
{
	return drift_words(cause)->words;
}

const char *words_fib_cause(uint32_t cause)
{
	switch ((enum fib_cause)cause) {
	case FIB_CAUSE_BFD:
		return "bfd";
	case FIB_CAUSE_SESSION:
		return "session";
	}
	return "unknown";
}

const char *words_message_type(unsigned type)
{
	static const char *const words[] = {
		"all", "open", "update", "notification", "keepalive", "route_refresh"};
	return type < COUNT(words) ? words[type] : "unknown";
}

const char *words_limit_action(enum conf_limit_action action)
{
	switch (action) {
	case CONF_LIMIT_WARN:
		return "warn";
	case CONF_LIMIT_BLOCK:
		return "block";
	case CONF_LIMIT_SHUTDOWN:
		return "shutdown";
	case CONF_LIMIT_RESTART:
		return "restart";
	}
	return "unknown";
}

const char *words_graceful(enum conf_graceful mode)
{
	switch (mode) {
	case CONF_GRACEFUL_OFF:
		return "off";
	case CONF_GRACEFUL_HELPER:
		return "helper";
	case CONF_GRACEFUL_FULL:
		return "full";
	}
	return "unknown";
}

const char *words_update_action(enum bgp_update_action action)
{
	switch (action) {
	case BGP_UPDATE_ACCEPT:
		return "accept";
	case BGP_UPDATE_DISCARD_ATTRIBUTE:
		return "attribute-discard";
	case BGP_UPDATE_WITHDRAW:
		return "treat-as-withdraw";
	case BGP_UPDATE_RESET:
		return "session-reset";
	}
	return "unknown";
}
