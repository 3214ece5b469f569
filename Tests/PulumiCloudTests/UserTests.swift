import HTTPTransport
import PulumiCloud
import StubTransport
import Testing

@Suite struct UserTests {
    @Test(arguments: [
        (#"{"githubLogin":"jo"}"#, CurrentUser(login: "jo")),
        (
            #"{"id":"1","githubLogin":"jo","name":"Jo","email":"x","organizations":[{"githubLogin":"acme"},{},5]}"#,
            CurrentUser(login: "jo", name: "Jo", organizations: ["acme"])
        ),
        (#"{"githubLogin":"jo","name":"","organizations":null,"tokenInfo":null}"#, CurrentUser(login: "jo")),
        (#"{"githubLogin":"jo","tokenInfo":{}}"#, CurrentUser(login: "jo")),
        (
            #"{"githubLogin":"acme-bot","tokenInfo":{"name":"ci","organization":"acme"}}"#,
            CurrentUser(login: "acme-bot", machineToken: .init(name: "ci", organization: "acme"))
        ),
        (
            #"{"githubLogin":"bot","tokenInfo":{"name":"ci","organization":"acme","team":"ops"}}"#,
            CurrentUser(login: "bot", machineToken: .init(name: "ci", organization: "acme", team: "ops"))
        ),
    ])
    func `the owner of a credential is read leniently`(body: String, expected: CurrentUser) throws {
        let scene = try Scene(user, .reply(200, body))
        #expect(try scene.cloud.currentUser() == expected)
        #expect(scene.transport.finish() == [])
    }

    @Test(arguments: ["", "[]", "{}", #"{"githubLogin":""}"#, #"{"githubLogin":5}"#])
    func `nobody is not a user`(body: String) throws {
        let scene = try Scene(user, .reply(200, body))
        #expect(failure { () throws(CloudError) in try scene.cloud.currentUser() }?.status == 200)
    }

    @Test(arguments: [
        (401, #"{"code":401,"message":"Unauthorized"}"#, true),
        (200, #"{"githubLogin":"jo"}"#, true),
        (200, "<html>Log in</html>", false),
        (401, "Proxy login required", false),
        (404, #"{"code":404,"message":"Not Found"}"#, false),
        (503, "", false),
    ])
    func `who asks without a credential learns whether the cloud answers`(status: Int, body: String, answers: Bool)
        throws
    {
        let scene = try Scene(user, .reply(status, body))
        let error = failure { () throws(CloudError) in _ = try scene.cloud.connection.ping() }
        #expect((error == nil) == answers)
        #expect(scene.transport.requests.last?.fields.contains { $0.name == "Authorization" } == false)
    }
}
