/* SPDX-License-Identifier: ISC */
/* The other file: see names.c. */
#include "names.h"

static int answer(const void *in, size_t length, struct ambit_reply *reply)
{
	(void)in;
	(void)length;
	return ambit_reply_printf(reply, "the other");
}
AMBIT_WORKER(answer)

static int serve(struct ambit_process *self)
{
	(void)self;
	return 12;
}
AMBIT_PROCESS(serve)

ambit_worker_fn *const others_worker = answer;
ambit_process_fn *const others_process = serve;
