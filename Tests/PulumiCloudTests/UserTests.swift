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
}
