/* SPDX-License-Identifier: ISC */
/* judge.h - notified calls: connect, send to an address, bind, listen, judged one by one */
#ifndef AMBIT_SUP_JUDGE_H
#define AMBIT_SUP_JUDGE_H

#include "../layer/kit.h"

/* The listener, sent by the exec helper over @socket; -1 when none came. */
int judge_receive(int socket);
/* Answer one notification. Never blocks for long; never lets a call continue after judging memory. */
void judge_one(int listener, const struct kit *kit);

#endif
