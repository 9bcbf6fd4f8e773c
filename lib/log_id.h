/*
 * What happened, as the journal's MESSAGE_ID: one for each main event. Every process; pure.
 *
 * systemd/bgpd-lite.catalog tells people what each means and what to do, bgpd-lite(8) lists them;
 * tests/checks/journal compares the three. An id stays with its meaning for ever.
 */
#pragma once

enum log_id {
	LOG_ID_NONE,
	LOG_ID_STARTED,
	LOG_ID_STOPPED,
	LOG_ID_PROCESS_ENDED,
	LOG_ID_SESSION_UP,
	LOG_ID_SESSION_DOWN,
	LOG_ID_LIMIT,
	LOG_ID_BFD_UP,
	LOG_ID_BFD_DOWN,
	LOG_ID_REPAIRED,
	LOG_ID_GATEWAY_LOST,
	LOG_ID_RELOADED,
	LOG_ID_RELOADED_PARTLY,
	LOG_ID_RELOAD_FAILED,
	LOG_ID_RELOAD_UNDONE,
	LOG_ID_CONFIG_ERROR,
	LOG_ID_DRIFT,
	LOG_ID_RULES_MENDED,
	LOG_ID_ROUTE_REFUSED,
	LOG_ID_ADMIN,
	LOG_IDS_N,
};

/* 32 hexadecimal digits; NULL for LOG_ID_NONE */
const char *log_id_text(enum log_id id);
