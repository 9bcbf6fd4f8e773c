/* Words for states, diagnostics and drop reasons. */
#include "bfd/drop.h"
#include "bfd/fsm.h"

const char *bfd_state_text(enum bfd_state s)
{
	switch (s) {
	case BFD_STATE_ADMIN_DOWN:
		return "admin-down";
	case BFD_STATE_DOWN:
		return "down";
	case BFD_STATE_INIT:
		return "init";
	case BFD_STATE_UP:
		return "up";
	}
	return "unknown";
}

const char *bfd_diag_text(unsigned diag)
{
	static const char *const text[] = {
		[BFD_DIAG_NONE] = "none",
		[BFD_DIAG_TIME_EXPIRED] = "time-expired",
		[BFD_DIAG_ECHO_FAILED] = "echo-failed",
		[BFD_DIAG_NEIGHBOR_DOWN] = "neighbor-down",
		[BFD_DIAG_FORWARDING_RESET] = "forwarding-reset",
		[BFD_DIAG_PATH_DOWN] = "path-down",
		[BFD_DIAG_CONCATENATED_DOWN] = "concatenated-down",
		[BFD_DIAG_ADMIN_DOWN] = "admin-down",
		[BFD_DIAG_REVERSE_CONCATENATED_DOWN] = "reverse-concatenated-down",
	};
	return diag < sizeof(text) / sizeof(text[0]) ? text[diag] : "unknown";
}

const char *bfd_drop_text(enum bfd_drop d)
{
	static const char *const text[BFD_DROP_N] = {
		[BFD_DROP_NONE] = "none",
		[BFD_DROP_TTL] = "ttl",
		[BFD_DROP_VERSION] = "version",
		[BFD_DROP_LENGTH] = "length",
		[BFD_DROP_TRUNCATED] = "truncated",
		[BFD_DROP_MULTIPLIER] = "multiplier-0",
		[BFD_DROP_MULTIPOINT] = "multipoint",
		[BFD_DROP_MY_DISCR] = "my-discriminator-0",
		[BFD_DROP_UNKNOWN_DISCR] = "unknown-discriminator",
		[BFD_DROP_NO_DISCR_STATE] = "no-discriminator-in-this-state",
		[BFD_DROP_NO_SESSION] = "no-session",
		[BFD_DROP_WRONG_PATH] = "wrong-path",
		[BFD_DROP_HOPS] = "too-many-hops",
		[BFD_DROP_AUTH] = "authentication",
		[BFD_DROP_AUTH_TYPE] = "authentication-type",
		[BFD_DROP_AUTH_LENGTH] = "authentication-length",
		[BFD_DROP_AUTH_KEY] = "authentication-key-id",
		[BFD_DROP_AUTH_SEQUENCE] = "authentication-sequence",
		[BFD_DROP_AUTH_DIGEST] = "authentication-digest",
		[BFD_DROP_ADMIN_DOWN] = "admin-down",
	};
	return d < BFD_DROP_N ? text[d] : "unknown";
}
