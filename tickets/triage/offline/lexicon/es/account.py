"""Spanish words of sign-in, identity, profile data, permissions, closing, misuse."""

PATTERNS = {
    6: """
        contraseña*, iniciar sesión, inicio de sesión, hacke*,

        olvidé .. contraseña, olvidé mi|la contraseña|clave|usuario,
        contraseña .. olvid*|caducad*|incorrecta|cambiar
        """,
    5: """
        cuenta .. bloqueada|hackeada|suspendida|eliminar|cerrar|cancelar|desactiv*|cerrada,
        cerrar|eliminar|borrar|cancelar|desactivar|crear|abrir .. cuenta,
        contraseña .. olvid*|restablec*|cambiar|incorrecta,
        olvidé .. contraseña|usuario|clave, olvidado .. contraseña|usuario|clave,
        restablecer .. contraseña|clave,
        cambiar|modificar|actualizar .. dirección|nombre|correo|email|datos|teléfono|número,
        tarjeta .. robada|perdida|bloqueada, verific* .. identidad, robo .. identidad,

        no puedo iniciar|ingresar|entrar|acceder,
        usuario inexistente|bloqueado|incorrecto|inválido,
        cambiar .. teléfono|número|nombre|correo|dirección|domicilio|titular|clave|pin|perfil,
        actualizar .. datos|dirección|perfil|teléfono, nueva dirección, me mudé,
        mi nombre .. mal|incorrecto, permisos de|para,
        acceso a|al .. carpeta|sistema|unidad|correo|grupo, sin acceso|permiso,
        no tengo acceso|permisos, acceso denegado,
        eliminen|eliminar|borrar|borren .. cuenta|datos|perfil, cerrar mi|la cuenta,
        código de verificación, código .. sms|llega, verificación .. identidad|pasos,
        doble factor, entrado en mi cuenta, entraron .. cuenta, en mi cuenta sin,
        robaron .. cuenta|identidad, suplant*, a mi nombre, cuenta conjunta, titular*,
        poder notarial, alta .. usuario|empleado .. cuenta, baja .. usuario|empleado,
        nombre de perfil, apodo, foto de perfil, invitación .. caduc*|expir*, mi usuario,

        mismas carpetas|permisos|accesos, mismos permisos|accesos|derechos, pasó a,
        cambió de área|departamento|puesto, apellido anterior|de soltera|viejo,
        nombre anterior|de soltera, número anterior|viejo, todavía figura, aún figura,
        perfil falso, cuenta falsa, mis fotos, se hace pasar, ex empleado*,
        antiguo empleado, todavía tiene acceso, reconocimiento facial,
        documento .. rechaz*, quién puede ver, visible para, cuenta duplicada,

        al grupo, del grupo, lista de distribución,
        agregar|agreguen|añadir|añadan .. grupo|equipo|proyecto|lista, activar .. cuenta,
        enlace para activar|restablecer, enlace .. caducado|expirado|vencido,
        mismos derechos, correo de recuperación
        """,
    4: """
        clave de acceso, mi clave, inicio sesión, entrar .. cuenta, acceder .. cuenta,
        ingresar .. cuenta, login, usuario y, nombre de usuario, credencial*, autentic*,
        dos factores, código de verificación|confirmación|activación|seguridad,
        enlace de activación, registr*, darme de alta|baja, mi cuenta, perfil*,
        datos personales, información personal, mis datos, protección de datos, permiso*,
        derechos de acceso|administrador, acceso a .. cuenta|carpeta|buzón,
        solicitud de acceso, usuarios, nuevo usuario, mudanza, mudé,
        cambio de dirección|domicilio|nombre|titular, identidad, pasaporte, dni, pirate*,
        phishing, actividad sospechosa, desbloque*, bloqueado .. cuenta|acceso, sso, pin,

        clave, claves, sesión expirada|caducada, cerrar sesión, usuario nuevo,
        cuenta bloqueada, bloqueada .. cuenta|clave|tarjeta, hackearon
        """,
    2: """
        cuenta*, acceso, acceder, correo electrónico, miembro*, usuario*, membresía
        """,
}
