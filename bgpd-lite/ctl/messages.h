/*
 * Messages of the configuration as lines "FILE:LINE: error: text". The client.
 */
#pragma once

#include <jansson.h>

#include "bgpd-lite/ctl/text.h"

/* reply has "messages" and "messages_left_out". */
void put_messages(const json_t *reply, struct text *out);
