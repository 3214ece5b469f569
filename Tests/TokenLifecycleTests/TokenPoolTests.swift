import CISystems
import Credentials
import HostSystem
import PulumiCloud
import Redaction
import Secrets
import StubTransport
import TestBench
import TestMachine
import Testing

@testable import TokenLifecycle

/// The tokens of one helper, without a socket.
@Suite struct TokenPoolTests {
    private let stage: Stage
    private let backend = CloudURL.pulumiCloud.text

    init() throws {
        stage = try Stage()
    }

    private func pool(_ change: (inout MintRequest) -> Void = { _ in }) throws -> TokenPool {
        let session = Session(named: "s")
        let store = LeaseStore(stage.context)
        let minter = Minter(
            stage.context,
            parent: try stage.parent(),
            session: session,
            holder: .supervisor,
            store: store
        )
        let request = stage.request {
            $0.isIsolated = false
            change(&$0)
        }
        return TokenPool(minter, request)
    }

    /// What the CLI would have, or the words of a failure.
    private func ask(
        _ pool: inout TokenPool,
        _ reason: CredentialRequest.Reason = .initial,
        as asker: String = "cli",
        backend: String? = CloudURL.pulumiCloud.text
    ) -> String {
        defer { pool.revokeRetired() }
        switch pool.answer(CredentialRequest(reason, backend: backend), from: asker) {
        case .success(.declined): return "declined"
        case .success(.token(let token, _, _)): return token.reveal { String(decoding: $0, as: UTF8.self) }
        case .failure(let error): return error.message
        }
    }

    private var live: [String] { stage.cloud.tokens.map(\.id) }

    @Test func `who never asks mints nothing, and all who ask have one token`() throws {
        var pool = try pool()
        #expect(stage.cloud.requests.isEmpty && stage.records.isEmpty)
        for asker in 0..<8 { #expect(ask(&pool, as: "\(asker)") == "value-1") }
        #expect(stage.methods == ["POST"])
        #expect(stage.records.map(\.tokenID?.rawValue) == ["t-1"])
        #expect(stage.records.map(\.holder) == [.supervisor])
        let reports = pool.close(in: stage.context, within: stage.budget())
        #expect(reports.flatMap(\.ended).map(\.id.rawValue) == ["t-1"])
        #expect(live.isEmpty && stage.records.isEmpty)
    }

    @Test func `a refused token is replaced once, whoever else has it, and then revoked`() throws {
        var pool = try pool()
        for asker in ["a", "b", "c"] { #expect(ask(&pool, as: asker) == "value-1") }
        #expect(ask(&pool, .rejected, as: "a") == "value-2")
        #expect(ask(&pool, .rejected, as: "b") == "value-2")
        #expect(ask(&pool, .expired, as: "c") == "value-2")
        #expect(live == ["t-2"])
        #expect(stage.records.map(\.tokenID?.rawValue) == ["t-2"])
        #expect(stage.methods == ["POST", "POST", "DELETE"])
        let reports = pool.close(in: stage.context, within: stage.budget())
        #expect(reports.flatMap(\.ended).map(\.id.rawValue) == ["t-1", "t-2"])
        #expect(live.isEmpty && stage.records.isEmpty)
    }

    @Test func `a token that is about to expire is replaced, whoever asks`() throws {
        var pool = try pool { $0.lifetime = .lasting(60) }
        #expect(ask(&pool) == "value-1")
        stage.time.advance(by: .seconds(29))
        #expect(ask(&pool, as: "another") == "value-1")
        stage.time.advance(by: .seconds(1))
        #expect(ask(&pool, .expired) == "value-2")
        // Three lives: nothing lost, and each old token revoked on the way.
        stage.time.advance(by: .seconds(30))
        #expect(ask(&pool, as: "a third") == "value-3")
        #expect(live == ["t-3"])
        _ = pool.close(in: stage.context, within: stage.budget())
        #expect(live.isEmpty && stage.records.isEmpty)
    }

    @Test func `the expiry is told on this machine's clock`() throws {
        let stage = try Stage(offset: 7200)
        let store = LeaseStore(stage.context)
        let minter = Minter(
            stage.context,
            parent: try stage.parent(),
            session: Session(named: "s"),
            holder: .supervisor,
            store: store
        )
        var pool = TokenPool(minter, stage.request { $0.isIsolated = false })
        let answer = pool.answer(CredentialRequest(.initial, backend: backend), from: "cli")
        guard case .success(.token(_, let expires, let named)) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(expires == VirtualClock.start + 600 && named == nil)
        #expect(stage.cloud.tokens.map(\.expires) == [VirtualClock.start + 7200 + 600])
        _ = pool.close(in: stage.context, within: stage.budget())
        #expect(stage.cloud.tokens.isEmpty)
    }

    @Test func `a server that refuses every token gets three of them a minute`() throws {
        var pool = try pool()
        _ = ask(&pool)
        #expect(ask(&pool, .rejected) == "value-2")
        #expect(ask(&pool, .rejected) == "value-3")
        let answer = pool.answer(CredentialRequest(.rejected, backend: backend), from: "cli")
        guard case .failure(let error) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(error == .tooManyTokens(3) && error.exitCode == .notAllowed)
        #expect(stage.cloud.tokens.map(\.id) == ["t-3"])
        stage.time.advance(by: .seconds(61))
        #expect(ask(&pool, .rejected) == "value-4")
        _ = pool.close(in: stage.context, within: stage.budget())
        #expect(live.isEmpty)
    }

    @Test func `another backend is declined at first, and an error after that`() throws {
        var pool = try pool()
        for other in ["https://pulumi.example", "file://~", "s3://bucket"] {
            #expect(ask(&pool, backend: other) == "declined")
            #expect(ask(&pool, .rejected, backend: other) == Explanation.otherBackend(other).message)
        }
        #expect(stage.cloud.requests.isEmpty)
        #expect(ask(&pool, backend: backend + "/") == "value-1")
        let answer = pool.answer(CredentialRequest(.initial), from: "new")
        #expect(answer == .success(.token(Secret("value-1"), expires: VirtualClock.start + 600, backend: backend)))
        _ = pool.close(in: stage.context, within: stage.budget())
    }

    @Test func `a mint that is refused says why, and the next question tries again`() throws {
        var pool = try pool()
        stage.cloud.answer("POST", with: .reply(401, #"{"code":401,"message":"unauthorized"}"#))
        #expect(ask(&pool).contains("rejected"))
        #expect(ask(&pool) == "value-1")
        _ = pool.close(in: stage.context, within: stage.budget())
        #expect(live.isEmpty && stage.records.isEmpty)
    }

    @Test func `an old token that cannot be revoked at once is revoked in the end`() throws {
        var pool = try pool()
        _ = ask(&pool)
        stage.cloud.fail("DELETE")
        #expect(ask(&pool, .rejected) == "value-2")
        #expect(live == ["t-1", "t-2"] && stage.records.count == 2)
        stage.cloud.behave()
        #expect(ask(&pool, as: "another") == "value-2")
        #expect(live == ["t-1", "t-2"])
        _ = pool.close(in: stage.context, within: stage.budget())
        #expect(live.isEmpty && stage.records.isEmpty)
    }

    @Test func `no log shows any of the tokens`() throws {
        var pool = try pool()
        _ = ask(&pool)
        _ = ask(&pool, .rejected)
        let hidden = stage.context.console.secrets.all
        #expect(hidden.contains(Secret("value-1")) && hidden.contains(Secret("value-2")))
        _ = pool.close(in: stage.context, within: stage.budget())
    }
}
