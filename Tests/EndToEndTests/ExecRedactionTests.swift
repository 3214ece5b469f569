import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// What a command's output looks like when it has come through us.
@Suite(.ownThreads) struct ExecRedactionTests {
    // MARK: What is hidden

    @Test(arguments: ["", " >&2"])
    func `the token is hidden in every form, on both streams`(stream: String) throws {
        let machine = try BuildMachine()
        let forms = [
            "printf '%s\\n' \"$T\"", "printf %s \"$T\" | base64 -w0", "printf 'x:%s' \"$T\" | base64 -w0",
            "printf 'xy:%s!' \"$T\" | base64 -w0", "printf %s \"$T\" | od -An -v -tx1 | tr -d ' \\n'",
            "printf %s \"$T\" | od -An -v -tx1 | tr -d ' \\n' | tr a-f A-F",
        ]
        let script = "{ T=$PULUMI_ACCESS_TOKEN; echo begin; \(forms.joined(separator: "; echo; ")); echo; echo end; }"
        let result = try machine.exec([], script + stream)
        let shown = stream.isEmpty ? result.output : result.error
        let lines = shown.split(separator: "\n")
        #expect(lines.first == "begin" && lines.last == "end")
        #expect(lines.count == forms.count + 2)
        #expect(lines.dropFirst().dropLast().allSatisfy { $0.contains("***") })
        let token = try #require(machine.cloud.tokens(.minted).first?.value)
        #expect(!shown.contains(token.dropFirst(8)))
    }

    @Test(arguments: ["base64", "openssl base64", "xxd -p", "xxd -p -u", "base64 | sed 's/$/\\r/'", "base64 -w 100"])
    func `the environment in an encoding that is broken into lines shows no token`(encoder: String) throws {
        let machine = try BuildMachine()
        // Where a line ends in the token depends on what stands before it.
        let script = """
            env | \(encoder)
            n=0
            while [ $n -lt 90 ]; do
                env -i "P=$(printf %0${n}d 0)" "T=$PULUMI_ACCESS_TOKEN" Q=behind env | \(encoder)
                n=$((n + 7))
            done
            """
        let result = try machine.exec([], script)
        let token = try #require(machine.cloud.tokens(.minted).first?.value)
        #expect(leaks(of: token, in: result.output.filter { !$0.isNewline }) == [])
        #expect(result.output.ranges(of: "***").count == 14)
    }

    @Test(arguments: [32, 33, 43])
    func `a token that is cut off is hidden from three quarters on`(count: Int) throws {
        let machine = try BuildMachine()
        let result = try machine.exec([], "echo \"$PULUMI_ACCESS_TOKEN\" | cut -c1-\(count)")
        let token = try #require(machine.cloud.tokens(.minted).first?.value)
        #expect(result.output == (count < 33 ? String(token.prefix(count)) : "***") + "\n")
    }

    @Test func `the parent credential is hidden too`() throws {
        let machine = try BuildMachine()
        let result = try machine.exec([], "cat") { $0.input = .bytes(Array("<\(machine.parent)>".utf8)) }
        #expect(result.output == "<***>")
    }

    @Test func `so is the identity token`() throws {
        let machine = try BuildMachine { $0.exchangedTokensMayMint = true }
        let identity = try machine.cloud.identityToken(.init(audience: "urn:pulumi:org:acme"))
        let options = ["--oidc-org", "acme", "--oidc-user", "alice", "--oidc-token-env", "ID_TOKEN"]
        let result = try machine.exec(options, "cat") {
            $0.environment["PULUMI_ACCESS_TOKEN"] = nil
            $0.environment["ID_TOKEN"] = identity
            $0.input = .bytes(Array("<\(identity)>".utf8))
        }
        #expect(result.output == "<***>")
    }

    @Test func `a token that comes byte by byte shows at most its first seven`() throws {
        let machine = try BuildMachine()
        let script =
            "T=$PULUMI_ACCESS_TOKEN; while [ -n \"$T\" ]; do read line; printf %.1s \"$T\"; T=${T#?}; done; echo"
        let run = try machine.start(["exec", "-q", "--", "/bin/bash", "-c", script]) { $0.input = .held }
        #expect(machine.cloud.wait { $0.liveTokens == 1 })
        let token = try #require(machine.cloud.liveTokens.first?.value)
        for count in 1...7 {
            run.send("\n")
            // Each of them waits for 50 ms, and then it is shown, because it alone says nothing.
            try run.await(String(token.prefix(count)))
        }
        for _ in 8...token.utf8.count { run.send("\n") }
        #expect(try run.wait().output == token.prefix(7) + "***\n")
    }

    // MARK: What is not

    @Test func `output without a secret passes byte by byte`() throws {
        let machine = try BuildMachine()
        let bytes = try randomBytes(3_000_001)
        try machine.sandbox.write(bytes, to: "random")
        let result = try machine.exec([], "cat \(machine.sandbox.path)/random; cat \(machine.sandbox.path)/random >&2")
        #expect(result.outputBytes == bytes)
        #expect(result.errorBytes == bytes)
    }

    @Test func `a prompt is shown at once, whatever it ends in`() throws {
        let machine = try BuildMachine()
        let letters = (0x21...0x7E).map { String(UnicodeScalar($0)) }
        let script = "while IFS= read -r line; do printf '%s' \"$line\"; done"
        let run = try machine.start(["exec", "-q", "--", "/bin/bash", "-c", script]) { $0.input = .held }
        for (index, letter) in letters.enumerated() {
            run.send("\(index)?\(letter)\n")
            try run.await("\(index)?\(letter)")
        }
        // The beginning of a token too, as far as it could be a prompt.
        let token = try #require(machine.cloud.liveTokens.first?.value)
        for count in 1...7 {
            run.send("<\(token.prefix(count))\n")
            try run.await("<\(token.prefix(count))")
        }
        run.closeInput()
        #expect(try run.wait().status == 0)
    }

    @Test func `the order between streams that are one is kept`() throws {
        let machine = try BuildMachine()
        let inner = "i=0; while [ $i -lt 300 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done"
        let outer = "exec \"$0\" exec -q -- /bin/sh -c '\(inner)' 2>&1"
        let words = ["-c", outer, Executable.path]
        let result = try Program("sh", words, environment: machine.shellEnvironment).run()
        #expect(result.output == (0..<300).map { "out \($0)\nerr \($0)\n" }.joined())
        expectNothingLeft(machine)
    }

    @Test func `without redaction the descriptors are our own`() throws {
        let machine = try BuildMachine()
        let script =
            "echo $PULUMI_ACCESS_TOKEN; readlink /proc/$PPID/fd/1 /proc/self/fd/1 /proc/$PPID/fd/2 /proc/self/fd/2"
        let result = try machine.exec(["--no-redact"], script)
        let lines = result.output.split(separator: "\n")
        let token = try #require(machine.cloud.tokens(.minted).first?.value)
        #expect(lines.first == token[...])
        #expect(lines.count == 5 && lines[1] == lines[2] && lines[3] == lines[4])
    }

    // MARK: Ends

    @Test func `when nobody reads any more, the command gets SIGPIPE and the token is revoked`() throws {
        let machine = try BuildMachine()
        let run = try machine.start(["exec", "-q", "--", "yes"])
        try run.await("y\n")
        run.closeOutput()
        #expect(try run.wait().status == 128 + SIGPIPE)
        expectNothingLeft(machine)
    }

    @Test(arguments: [(0, 73), (3, 3)] as [(Int32, Int32)])
    func `output that no disk takes is told of, and is no success`(command: Int32, code: Int32) throws {
        let machine = try BuildMachine()
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        let result = try machine.exec([], "echo lost; exit \(command)") { $0.descriptors = [(full, 1)] }
        #expect(result.status == code)
        let reason = "pulumi-token: error: cannot write to standard output: no space left on device\n"
        let hint = "pulumi-token: hint: check whether the disk is full, and the program at the other end of a pipe\n"
        #expect(result.error == reason + hint)
        expectNothingLeft(machine)
    }

    @Test func `a command that writes on and on to a full disk gets SIGPIPE`() throws {
        let machine = try BuildMachine()
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        let result = try machine.exec([], "exec yes") { $0.descriptors = [(full, 1)] }
        #expect(result.status == 73)
        #expect(result.error.contains("no space left on device"))
        expectNothingLeft(machine)
    }

    @Test func `NUL bytes and a last line without an end are part of the output`() throws {
        let machine = try BuildMachine()
        let script = "printf 'a\\0b\\0\\0'; printf '%s' \"$PULUMI_ACCESS_TOKEN\"; printf '\\0\\377c'"
        let result = try machine.exec([], script)
        #expect(result.outputBytes == Array("a\0b\0\0***\0".utf8) + [0xFF] + Array("c".utf8))
    }

    @Test func `base64url and percent-encoded, alone and in larger values, across pieces`() throws {
        let machine = try BuildMachine()
        let program = """
            import base64, os, sys
            token = os.environ['PULUMI_ACCESS_TOKEN'].encode()
            for n in range(6):
                for one in (base64.urlsafe_b64encode(b'?' * n + token + b'~~'), base64.b64encode(b'?' * n + token),
                            b''.join(b'%%%02x' % byte for byte in token), b''.join(b'%%%02X' % byte for byte in token)):
                    text = b'<' + one + b'>\\n'
                    # Each in pieces of another size, some of which end within the token.
                    for start in range(0, len(text), 7 + n): os.write(1, text[start:start + 7 + n])
            """
        let result = try machine.start(["exec", "-q", "--", "python3", "-c", program]).wait()
        #expect(result.status == 0)
        let token = try #require(machine.cloud.tokens(.minted).first?.value)
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 24)
        #expect(lines.allSatisfy { $0.contains("***") && $0.utf8.count < 24 }, "\(lines)")
        #expect(leaks(of: token, in: result.output) == [])
    }

    @Test func `a command that closes its output and runs on has closed ours`() throws {
        let machine = try BuildMachine()
        let run = try machine.start(["exec", "-q", "--", "/bin/sh", "-c", "echo last; exec >&-; read line; exit 5"]) {
            $0.input = .held
        }
        try run.awaitEndOfOutput()
        #expect(run.outputBytes == Array("last\n".utf8))
        #expect(machine.cloud.liveTokens.count == 1)
        run.send("\n")
        #expect(try run.wait().status == 5)
        expectNothingLeft(machine)
    }

    @Test func `a reader that is slow gets everything, though the command is over`() throws {
        let machine = try BuildMachine()
        let run = try machine.start(["exec", "-q", "--", "/bin/sh", "-c", "head -c 300000 /dev/zero"])
        // Nothing is read before the token has been revoked, and so after the command's end.
        #expect(machine.cloud.wait { $0.mintedTokens == 1 && $0.liveTokens == 0 })
        let result = try run.wait()
        #expect(result.outputBytes.count == 300_000, "\(result.outputBytes.count), \(result.status): \(result.error)")
    }

    @Test func `a gibibyte passes in constant memory`() throws {
        let machine = try BuildMachine()
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(null) }
        let script = "head -c 1073741824 /dev/zero; echo passed >&2; read line"
        let run = try machine.start(["exec", "-q", "--", "/bin/sh", "-c", script]) {
            $0.input = .held
            $0.descriptors = [(null, 1)]
        }
        try run.awaitError("passed")
        let peak = try #require(processStatus(run.process, "VmHWM"))
        #expect(peak <= 16 << 10, "KiB")
        run.send("\n")
        #expect(try run.wait().status == 0)
    }
}
