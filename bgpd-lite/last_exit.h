/*
 * STATE_DIR/last-exit: one line about how the daemon ended, for `bgpd-litectl status` when none
 * runs. bgp process. What cannot be written is left out; a daemon never fails for it.
 */
#pragma once

/* At start: what is true if nothing else is written later. */
void last_exit_started(const char *state_dir);
/* At the end. why: in words, "" for none. */
void last_exit_ended(const char *state_dir, int exit_code, const char *why);
