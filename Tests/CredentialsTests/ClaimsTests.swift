import CloudEmulator
import Secrets
import Testing

@testable import Credentials

/// What an identity token says of itself.
@Suite struct ClaimsTests {
    private let audience = "urn:pulumi:org:acme"
    private let now: Int64 = 1_800_000_000

    private func oddities(_ claims: String) -> [String]? {
        Credentials.IdentityClaims(Secret(identityToken(claims)))?.oddities(expecting: audience, now: now)
    }

    @Test(
        arguments: [
            (
                #"{"aud":"urn:pulumi:org:other"}"#,
                ["its audience is urn:pulumi:org:other, Pulumi expects urn:pulumi:org:acme"]
            ),
            (#"{"aud":["a","b"]}"#, ["its audience is a and b, Pulumi expects urn:pulumi:org:acme"]),
            (#"{}"#, ["its audience is missing, Pulumi expects urn:pulumi:org:acme"]),
            (#"{"aud":7}"#, ["its audience is missing, Pulumi expects urn:pulumi:org:acme"]),
            (#"{"aud":"urn:pulumi:org:acme","exp":1799999960}"#, ["it expired 40 seconds ago"]),
            (#"{"aud":"urn:pulumi:org:acme","exp":1800000000}"#, ["it expired 0 seconds ago"]),
            (#"{"aud":"urn:pulumi:org:acme","exp":1799996300.5}"#, ["it expired 1 hour 1 minute ago"]),
            (
                #"{"aud":"x","exp":1799999999,"iss":"i"}"#,
                ["its audience is x, Pulumi expects urn:pulumi:org:acme", "it expired 1 second ago"]
            ),
            (
                #"{"aud":["x","urn:pulumi:org:acme"],"exp":1800000001,"iss":"https://i","sub":"repo:a/b"}"#,
                ["it has the issuer https://i and the subject repo:a/b"]
            ),
            (#"{"aud":"urn:pulumi:org:acme","sub":"repo:a/b"}"#, ["it has the subject repo:a/b"]),
            (#"{"aud":"urn:pulumi:org:acme","iss":"i\u001b[2J\ni"}"#, ["it has the issuer i [2J i"]),
            (#"{"aud":"urn:pulumi:org:acme","exp":"soon"}"#, []),
            // The smallest number that there is: no difference to it can be told.
            (#"{"aud":"urn:pulumi:org:acme","exp":-9223372036854775808}"#, []),
        ] as [(String, [String])]
    )
    func `what is odd about a token is said, one phrase each`(claims: String, phrases: [String]) {
        #expect(oddities(claims) == phrases)
    }

    @Test(arguments: [
        "", "a", "a.b", "a.b.c", "..", "a.e30.c.d", "a.e30.", "a.\u{e9}.c",
        "a." + String(repeating: "A", count: 16385) + ".c",
        "a.W10.c",
    ])
    func `what is no JSON Web Token has no claims`(text: String) {
        let isEmptyObject = text == "a.e30."
        #expect((Credentials.IdentityClaims(Secret(text)) == nil) == !isEmptyObject)
    }

    @Test(arguments: ["ES256", "RS256"])
    func `a signed token is read as well`(algorithm: String) throws {
        let cloud = try CloudEmulator()
        defer { cloud.stop() }
        cloud.freezeClock(at: Double(now))
        var wanted = IdentityTokenRequest(issuer: "github", audience: "other", subject: "repo:acme/app")
        wanted.algorithm = algorithm
        wanted.lifetime = -40
        let claims = try #require(Credentials.IdentityClaims(Secret(try cloud.identityToken(wanted))))
        #expect(claims.issuer == "https://token.actions.githubusercontent.com")
        #expect(claims.subject == "repo:acme/app")
        #expect(claims.audiences == ["other"])
        #expect(claims.expiry == now - 40)
        #expect(
            claims.oddities(expecting: audience, now: now) == [
                "its audience is other, Pulumi expects urn:pulumi:org:acme", "it expired 40 seconds ago",
            ]
        )
    }
}
