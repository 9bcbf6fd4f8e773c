/*
 * Privileges: which capability each process keeps, and how root becomes the unprivileged user.
 * Called by main.c before any socket or file of the outside is opened.
 */
#pragma once

#include <stdbool.h>
#include <sys/capability.h>
#include <sys/types.h>

struct priv_user {
	const char *name; /* as found; for messages and initgroups */
	uid_t uid;
	gid_t gid;
	bool change; /* we are uid 0 and become this user */
};

/* The user to become. `wanted` NULL: "bgpd-lite", else nobody with a warning. 0, or -ENOENT with
 * the error logged. Not root: nothing changes. */
int priv_find_user(const char *wanted, struct priv_user *out);

/* Name of the first capability of the list that this process does not have, or NULL. */
const char *priv_missing(const cap_value_t *caps, int caps_n);

/* For good: no groups but the user's, its uid and gid, exactly these capabilities (permitted and
 * effective; none ambient), no_new_privs. capset(2) is used only where they are not so already,
 * and then takes the inheritable ones, too. Root also narrows the bounding set to them. 0 or
 * -errno, logged. */
int priv_drop(const struct priv_user *user, const cap_value_t *caps, int caps_n);

/* Makes the directory (and its parents) where it is missing, owned by the user. 0 or -errno. */
int priv_make_dir(const struct priv_user *user, const char *path, mode_t mode);
