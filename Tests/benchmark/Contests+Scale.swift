import CloudEmulator
import JobBench
import Redaction
import Secrets
import TestBench

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension Laboratory {
    /// Output that a command may have.
    enum Stream: String, CaseIterable {
        case log, base64, hex, zeros, binary, dump
        /// Nothing but beginnings of a secret's forms, twelve characters of each.
        case beginnings

        /// What part of the time of `cat` it may take; output that is made to be slow may take longer, but not for ever.
        var bar: Double {
            switch self {
            case .log, .base64, .hex, .zeros: 0.8
            case .binary, .dump: 1.3
            case .beginnings: 3
            }
        }

        /// 256 MiB.
        func write(to path: String, hiding secret: Secret) throws {
            let random = "openssl enc -aes-128-ctr -K 00 -iv 00 -in /dev/zero 2>/dev/null"
            let source =
                switch self {
                case .log: "yes 'pulumi:providers:aws  default_6_0_2  created (12s)  [urn=urn:pulumi:prod::shop]'"
                case .binary: random
                case .zeros: "cat /dev/zero"
                case .base64: "\(random) | base64"
                case .hex: "\(random) | xxd -p"
                case .dump: "\(random) | od -An -v -tx1"
                case .beginnings: "while cat \"$BEGINNINGS\"; do :; done"
                }
            // A mebibyte of them, so that what repeats it is not what is waited for. Some forms have NUL bytes in them.
            let beginnings = path + ".beginnings"
            defer { unlink(beginnings) }
            let once = redactionForms(of: secret).flatMap { $0.value.bytes.prefix(12) }
            let often = (0...(1 << 20) / max(once.count, 1)).flatMap { _ in once }
            try TestBench.write(often, to: beginnings, mode: 0o600)
            let words = ["-c", "\(source) | head -c 268435456 >\(path)"]
            let outcome = try Program("sh", words, environment: ["BEGINNINGS": beginnings]).run()
            guard outcome.status == 0 else { throw BenchError(outcome.log) }
        }
    }

    /// A gigabyte through `exec`.
    func pipe(_ stream: Stream) -> Contest {
        let file = "/dev/shm/pulumi-token-bench"
        let gigabyte = "cat \(file) \(file) \(file) \(file)"
        func output(of name: String, _ command: @escaping () throws -> String) -> Contestant {
            Contestant(
                name: name,
                prepare: {
                    try self.reset()
                    return Program("sh", ["-c", "exec \(try command()) >/dev/null"], environment: self.step)
                },
                check: succeeded
            )
        }
        return Contest(
            name: "exec, 1 GiB of \(stream.rawValue)",
            contestants: [
                output(of: "pulumi-token exec") {
                    if !fileExists(file) {
                        try stream.write(to: file, hiding: Secret(self.step["PULUMI_ACCESS_TOKEN"] ?? ""))
                    }
                    return "\(Executable.path) exec -q -- \(gigabyte)"
                },
                output(of: "cat") { "sh -c '\(gigabyte) | cat'" },
            ],
            bars: [.init(other: "cat", ratio: stream.bar), .init(memory: 14)],
            runs: 5,
            countsCalls: false
        )
    }

    /// A thousand tokens, and a server that takes 20 ms for each reply.
    private func plant(_ kind: KindChoice) -> [String] {
        machine.cloud.reset()
        machine.cloud.misbehave(Misbehaviour(times: 0) { $0.delayBeforeMs = 20 })
        return machine.cloud.plant(
            kind.seed(1000, description: "job [pulumi-token:{nonce}:0123456789abcdef]", age: 7200)
        )
    }

    private func sweep(_ kind: KindChoice, named name: String) -> Contestant {
        Contestant(
            name: name,
            prepare: {
                try self.reset()
                _ = self.plant(kind)
                return self.ours(["sweep", "--older-than", "1h"] + kind.options, self.step)
            },
            check: { outcome in
                try self.succeeded(outcome)
                guard self.machine.cloud.liveTokens.isEmpty else { throw BenchError("tokens are left") }
            }
        )
    }

    var sweep: Contest {
        Contest(
            name: "sweep of 1,000 tokens, 20 ms a reply",
            contestants: [
                sweep(.personal, named: "pulumi-token sweep"),
                Contestant(
                    name: "curl, one after another",
                    prepare: {
                        let ids = try self.machine.sandbox.write(
                            self.plant(.personal).joined(separator: "\n") + "\n",
                            to: "ids"
                        )
                        let script = """
                            while read -r id; do
                            curl -sSf -X DELETE "$URL/api/user/tokens/$id" -H "Authorization: token $PULUMI_ACCESS_TOKEN"
                            done <\(ids)
                            """
                        return Program("sh", ["-ec", script], environment: self.step)
                    },
                    check: succeeded
                ),
            ],
            bars: [.init(other: "curl, one after another", ratio: 1.0 / 12)],
            runs: 1,
            countsCalls: false
        )
    }

    /// Other kinds take no longer than a user's.
    var kindSweeps: [Contest] {
        KindChoice.others.map { kind in
            Contest(
                name: "sweep of 1,000 \(kind) tokens",
                contestants: [sweep(kind, named: "pulumi-token sweep"), sweep(.personal, named: "of a user")],
                bars: [.init(other: "of a user", ratio: 1.5)],
                runs: 1,
                countsCalls: false
            )
        }
    }

    /// A user with very many tokens.
    var list: Contest {
        func listing(_ count: Int) -> Contestant {
            Contestant(
                name: "of \(count)",
                prepare: {
                    try self.reset()
                    self.machine.cloud.reset()
                    self.machine.cloud.plant(
                        Seed(count: count, description: "job [pulumi-token:{nonce}:0123456789abcdef]")
                    )
                    return self.ours(["list", "--json"], self.step)
                },
                check: succeeded
            )
        }
        return Contest(
            name: "list",
            contestants: [listing(100_000), listing(1_000)],
            runs: 3,
            countsCalls: false
        )
    }
}
