app-title = Demo app
app-intro = A sample app that signs people in with Yinxin. It knows only what the ID token says.
app-login = Sign in with Yinxin
app-welcome = Signed in. The ID token was verified; this is what it says.
app-failed = Sign-in did not complete:
app-logout = Sign out
