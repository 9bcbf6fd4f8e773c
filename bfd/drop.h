/*
 * Why a received packet was refused, in the order in which it is checked (RFC 5880 6.8.6, 5881 5,
 * 5883 5). Each has a counter. Used by the bfd process.
 */
#pragma once

enum bfd_drop {
	BFD_DROP_NONE = 0,
	/* before a session is known */
	BFD_DROP_TTL,            /* single hop: not 255 */
	BFD_DROP_VERSION,        /* not 1 */
	BFD_DROP_LENGTH,         /* Length below 24, or below 26 with A */
	BFD_DROP_TRUNCATED,      /* Length above the payload */
	BFD_DROP_MULTIPLIER,     /* Detect Mult 0 */
	BFD_DROP_MULTIPOINT,     /* M set */
	BFD_DROP_MY_DISCR,       /* My Discriminator 0 */
	BFD_DROP_UNKNOWN_DISCR,  /* Your Discriminator is not one of ours */
	BFD_DROP_NO_DISCR_STATE, /* Your Discriminator 0 in a state that must have one */
	BFD_DROP_NO_SESSION,     /* Your Discriminator 0 and no session on that path */
	/* of a known session */
	BFD_DROP_WRONG_PATH, /* right discriminator; other address, interface or port */
	BFD_DROP_HOPS,       /* multihop: TTL below minimum-ttl */
	BFD_DROP_AUTH, /* A set where no authentication is configured, or not set where one is */
	BFD_DROP_AUTH_TYPE,   /* another Auth Type */
	BFD_DROP_AUTH_LENGTH, /* Auth Len is wrong for it */
	BFD_DROP_AUTH_KEY,    /* no key of that id */
	BFD_DROP_AUTH_SEQUENCE,
	BFD_DROP_AUTH_DIGEST, /* another password or digest */
	BFD_DROP_ADMIN_DOWN,  /* we are in AdminDown */
	BFD_DROP_N,
	BFD_DROP_OF_SESSION = BFD_DROP_WRONG_PATH, /* the first reason of a known session */
};

/* A short word for log lines, "ttl". Never NULL. */
const char *bfd_drop_text(enum bfd_drop d);
