# Sign-in
login-title = Sign in
login-lead = Sign in to use services and to see your electronic certificates.
login-for = After signing in you continue to “{ $client }”.
login-again = You are signed in as { $name }. The application asks you to confirm who you are.
login-username = User name
login-password = Password
login-button = Sign in
login-hint = Our staff never ask for your password. After several wrong tries you have to wait for a while.
login-refused = User name or password is wrong.
login-too-many = Too many tries. Please try again in about { $minutes } minutes.
error-id = Error id

# Consent
consent-title = Permission
consent-lead = asks for the following about { $name }:
consent-new = It asks for
consent-known = You agreed to before
consent-allow = Allow
consent-deny = Do not allow
consent-never = Your identity number and your password are never given to applications. You can withdraw the permission at any time under “My account”.
consent-leads-to = You continue to
scope-openid = Identifier
scope-openid-text = A number that stands for you and holds no personal data, and when and how you signed in.
scope-profile = Name and user name
scope-profile-text = Your name and your user name here.
scope-phone = Mobile number
scope-phone-text = The mobile number you registered.
scope-org = Posts and mandates
scope-org-text = The posts you hold, and the organisations you may act for.
scope-offline_access = Access while you are away
scope-offline_access-text = After you sign out the application can go on using what you allowed, until you withdraw the permission.
scope-unknown-text = A permission for one of our interfaces.

# Sign-out
logout-title = Sign out
logout-from = “{ $client }” asks you to sign out here.
logout-ask = { $name }, do you want to sign out?
logout-confirm = Sign out
logout-stay = Stay signed in
logout-done-title = Signed out
logout-done = You are signed out.
logout-done-client = You may still be signed in at “{ $client }”; sign out there too if you need to.
logout-home = Home
logout-again = Sign in again

# Change of password
password-title = Change password
password-must = This password is a first one or was reset by an administrator. Please change it before you go on.
password-old = Current password
password-new = New password
password-again = New password again
password-hint = At least { $minimum } characters. A sentence you remember is fine; no capitals or symbols are required.
password-change = Change password
password-back = Back
password-ends-sessions = Changing it signs you out on all other devices.
password-differs = The two new passwords differ.
password-raced = The password was changed elsewhere just now. Please sign in again.
password-same = The new password is the current one.
password-too-many = Too many tries. Please try again later.
password-guessable = The new password is too easy to guess.
password-holds-username = The new password must not contain the user name.
password-too-long = The new password is too long.
password-too-short = The new password needs at least { $minimum } characters.
password-wrong-old = The current password is wrong.

# My account
account-title = My account
account-lead = Your data, the devices you are signed in on, and the applications you allowed.
account-me = About me
account-name = Name
account-username = User name
account-assurance = Identity assurance
account-assurance-level = Level { $level }
account-phone = Mobile number
account-password = Change password
account-logout = Sign out
account-apps = Applications
account-apps-hint = Once withdrawn, an application gets nothing more about you.
account-no-apps = You have not allowed any application yet.
account-app = Application
account-app-sees = May see
account-app-since = Allowed at
account-withdraw = Withdraw
account-sessions = Devices
account-sessions-hint = If you do not recognise a device, sign it out and change your password.
account-browser = Browser
account-source = Address
account-since = Signed in at
account-seen = Last used
account-this = This device
account-end = Sign out
account-end-others = Sign out all other devices
account-done-app = The permission is withdrawn.
account-done-password = The password is changed; other devices are signed out.
account-done-session = The device is signed out.

# Shown when an authorization request is refused
rule-ClientIdMissing = The application's request lacks the parameter client_id. Please tell its developer.
rule-ClientUnknown = No application is registered here under this client_id. Please tell its developer.
rule-RedirectUriMissing = The application's request lacks the parameter redirect_uri. Please tell its developer.
rule-RedirectUriUnregistered = The address to return to (redirect_uri) is not registered for this application. The sign-in was stopped for your safety. Please tell the application's developer.
rule-RequestTooLarge = The application's request is too long or has too many parameters. Please tell its developer.
rule-FlowLost = This sign-in has expired or was begun in another browser. Please start again from the application.
rule-ParameterRepeated = The application's request repeats a parameter. Please tell its developer.
