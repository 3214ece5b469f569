import CloudEmulator
import JobBench
import TestBench

extension Laboratory {
    /// What a bare process costs.
    var start: Contest {
        Contest(
            name: "start: --version",
            contestants: [
                Contestant(name: "pulumi-token", prepare: { self.ours(["--version"], [:]) }, check: succeeded),
                Contestant(name: "true", prepare: { Program("true") }, check: succeeded),
                Contestant(name: "node -e 0", prepare: { Program("node", ["-e", "0"]) }, check: succeeded),
            ]
        )
    }

    var mint: Contest {
        let script = """
            token=$(curl -sSf "$URL/api/user/tokens" -H "Authorization: token $PULUMI_ACCESS_TOKEN" \
            -H 'Content-Type: application/json' -d '{"description":"x","expires":'$(($(date +%s) + 3600))'}' | jq -r .tokenValue)
            echo "::add-mask::$token"
            echo "PULUMI_ACCESS_TOKEN=$token" >>"$GITHUB_ENV"
            """
        return Contest(
            name: "mint",
            contestants: [
                Contestant(
                    name: "pulumi-token mint",
                    prepare: {
                        try self.reset()
                        return self.ours(["mint"], self.step)
                    },
                    check: succeeded
                ),
                Contestant(
                    name: "curl and jq",
                    prepare: {
                        try self.reset()
                        return Program("sh", ["-ec", script], environment: self.step)
                    },
                    check: succeeded
                ),
                // The least that the same request costs: Tests/benchmark/floor.c.
                Contestant(
                    name: "floor",
                    prepare: {
                        try self.reset()
                        return Program(try Self.builtProgram("floor"), environment: self.step)
                    },
                    check: succeeded
                ),
                Contestant(name: "true", prepare: { Program("/bin/true") }, check: succeeded),
            ],
            bars: [.init(memory: 14), .init(other: "floor", ratio: 1.5)]
        )
    }

    /// A request each for the identity token, its exchange and the mint.
    var mintWithIdentity: Contest {
        let script = """
            identity=$(curl -sSf "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=urn:pulumi:org:acme" \
            -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" | jq -r .value)
            parent=$(curl -sSf "$URL/api/oauth/token" -d audience=urn:pulumi:org:acme -d scope=user:alice \
            -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange -d subject_token="$identity" \
            -d subject_token_type=urn:ietf:params:oauth:token-type:id_token \
            -d requested_token_type=urn:pulumi:token-type:access_token:personal | jq -r .access_token)
            token=$(curl -sSf "$URL/api/user/tokens" -H "Authorization: token $parent" \
            -H 'Content-Type: application/json' -d '{"description":"x","expires":'$(($(date +%s) + 3600))'}' | jq -r .tokenValue)
            echo "::add-mask::$token"
            echo "PULUMI_ACCESS_TOKEN=$token" >>"$GITHUB_ENV"
            """
        return Contest(
            name: "mint by OIDC",
            contestants: [
                Contestant(
                    name: "pulumi-token mint",
                    prepare: {
                        try self.reset()
                        var environment = self.step
                        environment["PULUMI_ACCESS_TOKEN"] = nil
                        return self.ours(["mint", "--oidc-org", "acme", "--oidc-user", "alice"], environment)
                    },
                    check: succeeded
                ),
                Contestant(
                    name: "curl and jq",
                    prepare: {
                        try self.reset()
                        return Program("bash", ["-ec", script], environment: self.step)
                    },
                    check: succeeded
                ),
            ],
            bars: [.init(other: "curl and jq", ratio: 0.15), .init(memory: 14)]
        )
    }

    var revoke: Contest {
        let script = """
            curl -sSf -X DELETE "$URL/api/user/tokens/$ID" -H "Authorization: token $PULUMI_ACCESS_TOKEN"
            """
        return Contest(
            name: "revoke",
            contestants: [
                Contestant(
                    name: "pulumi-token revoke",
                    prepare: {
                        try self.reset()
                        try self.succeeded(try self.ours(["mint"], self.step).run())
                        return self.ours(["revoke"], self.step)
                    },
                    check: succeeded
                ),
                Contestant(
                    name: "curl",
                    prepare: {
                        let id = try self.plantedToken()
                        return Program("sh", ["-ec", script], environment: self.step.merging(["ID": id]) { $1 })
                    },
                    check: succeeded
                ),
            ],
            bars: [.init(other: "curl", ratio: 0.3)]
        )
    }

    /// - Parameter peers: bundles of other actions, each with its command.
    func actionMain(_ peers: [(name: String, command: String)]) -> Contest {
        let others = peers.map { peer in
            Contestant(
                name: peer.name,
                prepare: {
                    try self.reset()
                    // By no shell: it would lose the variables of inputs, whose names have dashes.
                    let words = peer.command.split(separator: " ").map(String.init)
                    return Program(words[0], Array(words.dropFirst()), environment: self.peerEnvironment)
                },
                check: succeeded
            )
        }
        return Contest(
            name: "action main",
            contestants: [
                Contestant(
                    name: "our action",
                    prepare: {
                        try self.reset()
                        self.job.usesLauncher = true
                        return self.job.program("main")
                    },
                    check: succeeded
                ),
                Contestant(
                    name: "node -e 0",
                    prepare: { Program("node", ["-e", "0"], environment: self.job.environment) },
                    check: succeeded
                ),
            ] + others,
            bars: [.init(other: "node -e 0", more: 25)] + peers.map { .init(other: $0.name, ratio: 0.35) }
        )
    }

    /// With what the action of Pulumi and most others that mint by OIDC are told.
    private var peerEnvironment: [String: String] {
        job.environment.merging([
            "INPUT_ORGANIZATION": "acme", "INPUT_CLOUD-URL": machine.cloud.url,
            "INPUT_REQUESTED-TOKEN-TYPE": "urn:pulumi:token-type:access_token:organization",
            "INPUT_EXPORT-ENVIRONMENT-VARIABLES": "true", "SSL_CERT_DIR": "/etc/ssl/certs",
        ]) { $1 }
    }

    var actionPost: Contest {
        Contest(
            name: "action post",
            contestants: [
                Contestant(
                    name: "our action",
                    prepare: {
                        try self.reset()
                        self.job.usesLauncher = true
                        try self.job.main()
                        try self.job.prepare()
                        return self.job.program("post")
                    },
                    check: succeeded
                ),
                Contestant(
                    name: "node -e 0",
                    prepare: { Program("node", ["-e", "0"], environment: self.job.environment) },
                    check: succeeded
                ),
            ],
            bars: [.init(other: "node -e 0", more: 25)]
        )
    }
}
