/* SPDX-License-Identifier: ISC */
/*
 * http.c - any bytes as the head of a request to examples/webserver
 *
 * What the parser makes of them its server accepts: a refusal that exists, or a path that stays
 * below the root. And a head that was refused for what it says does not keep the connection.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/webserver/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_request request;
	char *head = malloc(size ? size : 1); /* its end is where the sanitizer says it is */

	if (!head)
		return 0;
	if (size)
		memcpy(head, data, size);
	memset(&request, 0xa5, sizeof(request));
	http_parse(head, size, &request);
	free(head);
	if (!http_request_is_sane(&request) ||
	    (request.refuse && request.refuse != 404 && request.keep_alive) ||
	    (!request.refuse && (strstr(request.path, "..") == request.path ||
				 strstr(request.path, "/..") || request.path[0] == '/')))
		abort();
	return 0;
}
