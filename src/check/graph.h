/* SPDX-License-Identifier: ISC */
/*
 * graph.h - the functions that can run, what they call, and what system calls they make
 *
 * Discovery starts where the loader and the kernel start and adds only what that leads to: a
 * code pointer counts once code that runs takes its address, or once code that runs reaches the
 * data it lies in. There are two pools of such pointers, one for the C library and one for all the
 * rest: the library calls back what it was given, and gives nobody its own.
 */
#ifndef AMBIT_CHECK_GRAPH_H
#define AMBIT_CHECK_GRAPH_H

#include "../base/arena.h"
#include "code.h"
#include "names.h"

/* There are millions: what says where is packed, by graph_pack(). */
enum edge_kind { EDGE_CALL, EDGE_JUMP, EDGE_CALLBACK };
enum { EDGE_TO_MASK = (1 << 30) - 1 };
struct edge {
	uint32_t site;
	uint32_t to : 30; /* so many functions have no room in STORE_MAXIMUM */
	uint32_t kind : 2;
};

/* A system call instruction, with one of the numbers that can be in RAX; number < 0: unknown. */
struct site {
	uint64_t address;
	int32_t number;
	uint32_t by; /* plus one: the wrapper it is made through */
};

/* What one look at a function finds. */
struct found {
	uint64_t entry;
	VEC(struct edge) edges;
	VEC(struct site) sites;
	VEC(uint64_t) takes;  /* code whose address it takes */
	uint64_t indirect_at; /* the first place where it calls what it cannot tell */
	uint16_t number_from; /* registers at the entry that become a system call's number */
	bool indirect;	      /* calls what it cannot tell */
	bool exits;	      /* ends the process in order: handlers and destructors run */
};

/* Most functions have none of this, and share an empty one. */
struct rare {
	struct site *sites;
	uint64_t *takes;
	uint32_t site_count, site_room, take_count;
};

enum { POOL_PROGRAM, POOL_LIBC, POOL_COUNT };
/* The same, kept, in the graph's memory; and what the others do to it. */
struct function {
	uint64_t entry;
	struct edge *edges;
	const struct rare *rare;
	uint64_t taken_at; /* where its address was taken; 0: in data */
	uint32_t edge_count;
	uint32_t indirect_at; /* packed */
	uint32_t name;	      /* plus one: of libc_name(), once asked, in the graph's names */
	uint16_t number_from;
	uint8_t pools;	     /* a bit for each pool it is in: anybody could call it */
	uint8_t returns : 2; /* enum answer of returns.c */
	bool queued : 1;
	bool known : 1; /* looked at */
	bool indirect : 1;
	bool resolver : 1; /* chooses a function: what it takes can be called in its place */
	bool libc : 1;
	bool exits : 1;
};

enum gap_kind {
	GAP_NUMBER,  /* a system call whose number cannot be told */
	GAP_CODE,    /* bytes that are no instruction */
	GAP_LENGTH,  /* a function too long to look at */
	GAP_OPEN,    /* dlopen() and the like: code comes in that was not read */
	GAP_MISSING, /* a library or a symbol that is not there */
	GAP_LOOKUP,  /* dlsym() of a name that cannot be told */
	GAP_OTHER,   /* a system call as 32-bit programs make it */
};
struct gap {
	enum gap_kind kind;
	uint64_t address;
	uint32_t function;
	const char *name;
};
/* A place of which a line of assumptions, counted from 0, says what cannot be told. */
struct assumed {
	uint32_t line, function;
	uint64_t address;
};

/* @what is called by what @function was called with: it only hands it on, or calls it. */
struct handed {
	uint32_t function, what;
};

/* @what was given to the C library by @by, at @site, to be called whenever. */
struct later {
	uint32_t what, by;
	uint64_t site;
};

/* @function stores where in its middle it can be gone on with: __builtin_setjmp(). */
struct label {
	uint32_t function;
	uint64_t address;
};

struct graph {
	const struct program *program;
	VEC(struct function) functions;
	VEC(const char *) names; /* of functions of the C library */
	uint32_t *index;	 /* entry to function, plus one: by its hash */
	size_t index_size;
	VEC(uint64_t) far; /* what graph_pack() has no room for */
	VEC(uint32_t) queue;
	VEC(uint32_t) pools[POOL_COUNT];
	bool pool_active[POOL_COUNT];
	struct map touched; /* data that was reached */
	VEC(uint64_t) data; /* data still to look at */
	VEC(struct gap) gaps;
	VEC(struct assumed) assumed;
	VEC(uint32_t) roots; /* where the kernel and the loader start */
	VEC(uint32_t) last;  /* what runs when the process ends: destructors, handlers */
	VEC(struct handed) handed;
	VEC(struct later) later;
	VEC(struct label) labels;
	uint32_t later_by; /* plus one: the first that gave what nobody can tell, at @later_at */
	uint64_t later_at;
	struct map escapes; /* function and argument to enum verdict */
	struct code code;   /* kept for its memory */
	struct arena kept;  /* what is known of each function */
	unsigned depth;
};

/* Begin; name functions that count whatever leads to them; then build. */
void graph_begin(struct graph *g, const struct program *p);
void graph_add(struct graph *g, const char *name);
/* All that can run when the program is started. */
void graph_build(struct graph *g);
void graph_done(struct graph *g);
/* The function at @address, made when it is new. */
uint32_t graph_function(struct graph *g, uint64_t address);
bool graph_find(const struct graph *g, uint64_t address, uint32_t *ret);
/* A place in the function that begins at @entry, or 0, in 32 bits. */
uint32_t graph_pack(struct graph *g, uint64_t entry, uint64_t place);
uint64_t graph_unpack(const struct graph *g, uint64_t entry, uint32_t packed);
void graph_queue(struct graph *g, uint32_t function);
/* Code that runs holds this address, and nobody can tell where it goes. */
void graph_take(struct graph *g, bool by_libc, uint64_t address, uint64_t site);
void graph_gap(struct graph *g, enum gap_kind kind, uint32_t function, uint64_t address,
	       const char *name);
void found_edge(struct graph *g, struct found *f, uint64_t site, uint32_t to, enum edge_kind kind);
void found_done(struct found *f);
/* @f becomes what was found, beside what is known of it already; @found can be used again. */
void graph_keep(struct graph *g, struct function *f, const struct found *found);
/* More of a function that was looked at. */
void graph_edges(struct graph *g, uint32_t function, const struct edge *edges, uint32_t count);
struct site *graph_site(struct graph *g, uint32_t function);

/* data.c: code that runs reaches the data at @address */
bool graph_is_code(const struct graph *g, uint64_t address);
void graph_touch(struct graph *g, uint64_t address);
void graph_touch_all(struct graph *g);
/* What lies in the variables of threads: no instruction names where they are. */
void graph_touch_threads(struct graph *g);

/*
 * escape.c: instruction @index of @c puts the address @what into @reg. True when it goes nowhere
 * but into calls that call it or hand it on; then those are edges of @f.
 */
bool escape_follow(struct graph *g, const struct code *c, uint32_t index, unsigned reg,
		   struct found *f, uint64_t what);

/*
 * look.c: a function from @starts on; what it reaches goes to @ret. As many of the first
 * instructions of the graph's code as are returned are what runs from there.
 */
uint32_t graph_look(struct graph *g, uint32_t function, const uint64_t *starts, size_t count,
		    struct found *ret);

/* returns.c */
bool graph_returns(void *context, uint64_t target, bool ifunc);
/* wrapper.c: numbers that callers hand over */
void graph_numbers(struct graph *g);

/* names.c */
/* The name by which a function of the C library is called; NULL for any other function. */
const char *libc_name(struct graph *g, uint32_t function);
/* The name of a function, "" when nothing tells. */
const char *function_name(const struct graph *g, uint32_t function);

#endif
