# A Pulumi token around recipes. Include this last in your Makefile; it needs GNU make 3.81 or later.
#
#   deploy:
#   	$(PULUMI_TOKEN_EXEC) pulumi up --yes        # a token for one command
#
#   PULUMI_TOKEN_GOALS = deploy destroy             # a token around whole goals: their recipes find it in the
#   include pulumi-token.mk                         # environment, and it is revoked when make ends
#
# PULUMI_TOKEN        the executable (pulumi-token)
# PULUMI_TOKEN_FLAGS  options of exec, such as --ttl 20m
#
# The token is in the environment of recipes only: write $$PULUMI_ACCESS_TOKEN in a recipe, never a make variable.

PULUMI_TOKEN ?= pulumi-token

ifdef PULUMI_TOKEN_MAKE

# Already inside: recipes have the token, and sub-makes do nothing more.
PULUMI_TOKEN_EXEC =

else

PULUMI_TOKEN_EXEC = $(PULUMI_TOKEN) exec $(PULUMI_TOKEN_FLAGS) --

pulumi_token_goals := $(filter $(PULUMI_TOKEN_GOALS),$(or $(MAKECMDGOALS),$(.DEFAULT_GOAL)))
# The first word of MAKEFLAGS holds the switches of one letter: nothing is run with -n, -q or -t.
pulumi_token_switches := $(filter-out --%,$(firstword -$(MAKEFLAGS)))
pulumi_token_idle := $(or $(findstring n,$(pulumi_token_switches)),$(findstring q,$(pulumi_token_switches)),$(findstring t,$(pulumi_token_switches)))

ifneq ($(pulumi_token_goals),)
ifeq ($(pulumi_token_idle),)

# This make builds one thing: a second make for the same goals, inside `exec`, whose end, failure and interrupt are the
# token's. Everything else here is left to that one: recipes go to a shell that does nothing.
pulumi_token_all := $(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))
pulumi_token_makefile := $(firstword $(MAKEFILE_LIST))

.SILENT:
.PHONY: pulumi-token-run $(pulumi_token_all)
%: SHELL := true
$(pulumi_token_all): SHELL := true
$(pulumi_token_all): pulumi-token-run
pulumi-token-run: SHELL := /bin/sh
pulumi-token-run:
	+PULUMI_TOKEN_MAKE=1 $(PULUMI_TOKEN) exec $(PULUMI_TOKEN_FLAGS) -- $(MAKE) -f $(pulumi_token_makefile) $(pulumi_token_all)

endif
endif
endif
