"""Addresses: Sign in, and one's own account."""

from django.urls import path

from balmis.web.access import (
    account,
    by_provider,
    emergency,
    invitation,
    own_factors,
    password,
    quick_return,
    second_step,
    sign_in,
)

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/second/", second_step.second_step, name="second-step"),
    path("sign-in/passkey/", second_step.sign_in_by_passkey, name="sign-in-passkey"),
    path("sign-in/passkey/ask/", second_step.passkey_question, name="passkey-question"),
    path("sign-in/lock/", quick_return.lock, name="lock"),
    path("sign-in/here/", quick_return.here, name="still-here"),
    path("sign-in/back/", quick_return.come_back, name="come-back"),
    path("sign-in/back/<int:key>/", quick_return.come_back_by_passkey, name="come-back-passkey"),
    path("sign-in/back/<int:key>/ask/", quick_return.return_question, name="return-question"),
    path("sign-in/provider/", by_provider.go, name="sign-in-provider"),
    path("sign-in/provider/done/", by_provider.done, name="provider-done"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("invitation/<str:word>/", invitation.invitation, name="invitation"),
    path("account/", account.account, name="account"),
    path("account/needed/", account.factor_needed, name="second-factor-needed"),
    path("account/news/", account.news, name="account-news"),
    path("account/strength/", password.weigh, name="weigh-password"),
    path("account/password/", password.password, name="password"),
    path("account/pin/", account.pin, name="pin"),
    path("account/sign-ins/", account.end_sign_ins, name="end-sign-ins"),
    path("account/app/", own_factors.add_app, name="add-app"),
    path("account/app/picture/", own_factors.app_picture, name="app-picture"),
    path("account/passkey/", own_factors.add_passkey, name="add-passkey"),
    path("account/passkey/ask/", own_factors.new_passkey_question, name="new-passkey-question"),
    path("account/factors/<int:key>/", own_factors.remove_factor, name="remove-factor"),
    path("account/recovery-codes/", own_factors.recovery_codes, name="recovery-codes"),
    path("account/emergency/", emergency.emergency, name="emergency"),
]
